"""What all Flow Service collections have in common (platform-api §3.2, §3.3): list, get, write, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Generic, Protocol, TypeVar

from tarmac.platform.answers import created
from tarmac.platform.errors import BadAnswer
from tarmac.platform.hosts import path_segment
from tarmac.platform.messages import PlannedRequest
from tarmac.platform.models import Created
from tarmac.platform.paging import PAGE_SIZE, Pair, Sender, by_next_link
from tarmac.platform.reading import envelope, etag_of, single
from tarmac.platform.requests import delete_request

# In a filter's value a comma means "any of" and these others could be read as an operator (§3.3).
_FILTER_SIGNS = frozenset(",=!<>~")


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """The name as stored."""
        ...


T = TypeVar("T")
N = TypeVar("N", bound=Named)


class Collection(Generic[T]):
    """One collection: `path` below the base URL, `noun` for messages, `parse` from JSON to a value."""

    def __init__(self, sender: Sender, path: str, noun: str, parse: Callable[[Any], T]) -> None:
        self._sender = sender
        self._path = path
        self._noun = noun
        self._parse = parse

    async def pages(self, *filters: Pair, limit: int = PAGE_SIZE) -> AsyncIterator[tuple[T, ...]]:
        """Yield page after page; `filters` are query pairs such as `("property", "name==x")`, repeated for AND."""
        async for page in by_next_link(self._sender, self._path, (*filters, ("limit", str(limit)))):
            yield tuple(self._parse(item) for item in envelope(page, f"{self._noun}s"))

    async def all(self, *filters: Pair) -> tuple[T, ...]:
        """Return all pages as one."""
        return tuple([item async for page in self.pages(*filters) for item in page])

    async def get(self, object_id: str) -> T:
        """Return one object. Raises NotFound.

        Its etag stands in the body; whether a header repeats it is not documented (§12.5), so that one is the second choice.
        """
        path = f"{self._path}/{path_segment(object_id)}"
        answer = await self._sender.send(PlannedRequest("GET", path, {"Accept": "application/json"}))
        raw, in_header = single(answer.json(), self._noun), answer.headers.get("etag")
        if in_header is not None and etag_of(raw) is None:
            raw = {**raw, "etag": in_header}
        return self._parse(raw)

    async def write(self, request: PlannedRequest, known_id: str | None = None) -> Created:
        """Send a create or a change and return id and new etag.

        An answer that says yes but cannot be read is a BadAnswer with `maybe_done` set. `known_id`: an empty answer is fine.
        """
        answer = await self._sender.send(request)
        etag = answer.headers.get("etag")
        if known_id is not None and not answer.body.strip():
            return Created(known_id, etag)
        try:
            return created(answer.json(), etag, known_id)
        except BadAnswer as error:
            error.maybe_done = True
            raise

    async def delete(self, object_id: str) -> None:
        """Delete one object; 200, 202 and 204 all mean that it goes (C8). Raises NotFound, InvalidRequest (in use)."""
        await self._sender.send(delete_request(self._path, object_id))


def where(path: str, value: str, operator: str = "==") -> Pair:
    """Return the filter `property=<path><op><value>` (§3.3)."""
    return ("property", f"{path}{operator}{value}")


async def named(collection: Collection[N], name: str) -> tuple[N, ...]:
    """Return every object of exactly this name; names need not be unique (§12.7).

    A name with signs of the filter's own language cannot be asked for; then all are read, so that "look before sending
    again" never overlooks one.
    """
    filters = () if _FILTER_SIGNS & set(name) else (where("name", name),)
    return tuple(item for item in await collection.all(*filters) if item.name == name)
