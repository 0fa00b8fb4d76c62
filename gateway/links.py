"""The headers of a list: where the page is, and where its neighbours are in the form of 4me."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from services.common.listing import ListQuery, Page

# Readers split Link headers at commas and semicolons, so these are encoded inside the URLs too; a colon,
# an exclamation mark or a slash in a value need no encoding and read better without.
_PLAIN = "!:/*"


def headers(page: Page, query: ListQuery, url: str) -> Iterator[tuple[str, str]]:
    """The headers of a page of the list at `url` (absolute, without a query)."""
    yield "X-Pagination-Per-Page", str(page.per_page)
    yield "X-Pagination-Current-Page", str(page.current_page)
    yield "X-Pagination-Total-Pages", str(page.total_pages)
    yield "X-Pagination-Total-Entries", str(page.total)
    yield "X-Pagination-Throttled", "true" if page.throttled else "false"
    if page.start_cursor and page.end_cursor:
        yield "X-Pagination-Start-Cursor", page.start_cursor
        yield "X-Pagination-End-Cursor", page.end_cursor
    if links := list(_links(page, query, url)):
        yield "Link", ", ".join(links)


def _links(page: Page, query: ListQuery, url: str) -> Iterator[str]:
    places: list[tuple[str, list[tuple[str, str]]]] = []
    if page.prev:
        places.append(("first", [("page", "1")] if page.numbered else []))
    if page.numbered:
        if page.prev:
            places.append(("prev", [("page", str(page.current_page - 1))]))
        if page.next:
            places.append(("next", [("page", str(page.current_page + 1))]))
        if not page.throttled and page.total_pages:
            places.append(("last", [("page", str(page.total_pages))]))
    else:
        if page.prev:
            places.append(("prev", [("search_before", page.prev)]))
        if page.next:
            places.append(("next", [("search_after", page.next)]))
    for relation, place in places:
        asked = [*query.named, ("per_page", str(page.per_page)), *place]
        if query.predefined:
            asked.insert(0, ("predefined_filter", query.predefined))
        written = "&".join(f"{quote(name, safe='!')}={quote(value, safe=_PLAIN)}" for name, value in asked)
        yield f'<{url}?{written}>; rel="{relation}"'
