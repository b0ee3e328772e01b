"""Walking lists to their end: by the server's own next link (Flow Service, §3.3) or by start and limit (§2.1, §2.2).

Every walk ends: a repeated link, a page that brings nothing new and too many pages are a BadAnswer, never an endless loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Protocol
from urllib.parse import unquote

from tarmac.platform.errors import BadAnswer
from tarmac.platform.hosts import next_query
from tarmac.platform.messages import Answer, PlannedRequest, with_query
from tarmac.platform.reading import at, text, whole

PAGE_SIZE = 100
MAX_PAGES = 10_000

Pair = tuple[str, str]


class Sender(Protocol):
    """What a list needs of the transport."""

    async def send(self, request: PlannedRequest) -> Answer:
        """Send one request and return its successful answer."""
        ...


async def by_next_link(
    sender: Sender, path: str, pairs: tuple[Pair, ...], *, max_pages: int = MAX_PAGES
) -> AsyncIterator[Any]:
    """Yield each page's JSON, following `_links.next.href`.

    Only the link's query is used, as it came, on our own path and host; our filters are added where the link does not hold
    them (whether it repeats them is not documented, §12.8).
    """
    target = with_query(path, *pairs)
    seen = {target}
    for _ in range(max_pages):
        page = (await sender.send(PlannedRequest("GET", target, {"Accept": "application/json"}))).json()
        yield page
        href = text(at(page, "_links", "next", "href"))
        query = next_query(href) if href is not None else ""
        if not query:
            return
        target = _continued(path, query, pairs)
        if target in seen:
            raise _endless(path, "its next page is one that was read before")
        seen.add(target)
    raise _endless(path, f"it has more than {max_pages:,} pages")


async def by_offset(
    sender: Sender,
    path: str,
    pairs: tuple[Pair, ...],
    ids_of: Callable[[Any], tuple[str, ...]],
    *,
    limit: int = PAGE_SIZE,
    has_page_info: bool = False,
    max_pages: int = MAX_PAGES,
) -> AsyncIterator[Any]:
    """Yield each page's JSON, by `start` (zero-based) and `limit`.

    The next page starts after the items that came. Without `pageInfo` a list ends with the first page shorter than `limit`;
    a list that has it (`has_page_info`) ends where it says so, and where it is missing (§2.1).
    """
    start = 0
    seen: set[str] = set()
    for _ in range(max_pages):
        request = with_query(path, *pairs, ("start", str(start)), ("limit", str(limit)))
        page = (await sender.send(PlannedRequest("GET", request, {"Accept": "application/json"}))).json()
        ids = ids_of(page)
        if ids and seen.issuperset(ids):
            raise _endless(path, "a page holds only what was read before")
        yield page
        seen.update(ids)
        start += len(ids)
        more = says_more(page, start) if has_page_info else len(ids) >= limit
        if not more:
            return
        if not ids:
            raise _endless(path, "it says that there is more but gives nothing")
    raise _endless(path, f"it has more than {max_pages:,} pages")


def says_more(page: Any, read: int) -> bool:
    """Whether a page with `pageInfo` says that there are items after the `read` first ones (§2.1)."""
    info = at(page, "pageInfo")
    has_next = at(info, "hasNext")
    if isinstance(has_next, bool):
        return has_next
    if isinstance(has_next, str):
        return has_next.strip().lower() == "true"
    total = whole(at(info, "total"))
    return total is not None and read < total


def _continued(path: str, query: str, pairs: tuple[Pair, ...]) -> str:
    given = {unquote(part.partition("=")[0]) for part in query.split("&")}
    missing = tuple(pair for pair in pairs if pair[0] not in given)
    added = with_query("", *missing).removeprefix("?")
    return f"{path}?{query}&{added}" if added else f"{path}?{query}"


def _endless(path: str, why: str) -> BadAnswer:
    return BadAnswer(
        f"The list {path} does not end: {why}.",
        meaning="The platform's paging is broken just now; reading on would never come to an end.",
        next_step="Try again in a few minutes.",
    )
