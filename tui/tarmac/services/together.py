"""Several requests at once, with the error of the one that failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tarmac.terms.errors import first_of


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Give a task group whose first error comes out as itself, not as an exception group.

    Callers catch `TarmacError`; the other tasks were cancelled by then, so nothing else is worth telling.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except ExceptionGroup as errors:
        raise first_of(errors) from errors
