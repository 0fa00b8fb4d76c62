"""Lists of requests: the API's, with its filters, orders and pages, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Response, request

from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.pages.page import lists, page
from gateway.resource import viewer
from gateway.resources.shapes.requests import REQUEST
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page
from services.requests import queries

COLUMNS: Final = (
    ("id", "Nr"),
    ("subject", "Subject"),
    ("status", "Status"),
    ("impact", "Impact"),
    ("team", "Team"),
    ("member", "Member"),
    ("service_instance", "Service"),
    ("next_target_at", "Next target"),
    ("updated_at", "Updated"),
)
_INSTEAD: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "completed": {"next_target_at": ("completed_at", "Completed")},
    # Who looks there looks after others' requests.
    "all_requests": {"member": ("requested_for", "Requested for")},
}
_BESIDE: Final = ("requester", "account")
"""What stands beside a column, of partners' requests."""
_PLACES: Final = frozenset({"page", "search_after", "search_before"})
_NO_FILTERS: Final = frozenset({"search", "sort", "per_page", "fields"})
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Heading:
    """A column's: its name in the API, how the list is sorted by it now ("" when not), and where it is when
    it is sorted by it (the other way round; "" when it can't be)."""

    name: str
    title: str
    sorted: str = ""
    href: str = ""


class Lists:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self._context = context
        self._answers = answers

    def view(self, name: str) -> Callable[[], Response]:
        """The page of a predefined filter. It is not there for whom it is not meant."""

        def get_list() -> Response:
            titles = dict(lists())
            if name not in titles:
                raise NotFound
            return self._page(name, titles[name])

        return get_list

    def _page(self, name: str, title: str) -> Response:
        # A search for nothing is none: that is what an empty field sends.
        asked = [pair for pair in request.args.items(multi=True) if pair != ("search", "")]
        query = ListQuery.parse(asked, REQUEST.listing, name)
        found = queries.list_requests(self._context.databases["requests"], query, viewer())
        instead = _INSTEAD.get(name, {})
        columns = [instead.get(column[0], column) for column in COLUMNS]
        shown = [*(column for column, _ in columns), *_BESIDE]
        return page(
            self._context,
            "requests.html",
            here=name,
            title=title,
            found=found,
            records=self._answers.shown(REQUEST, found.items, shown),
            headings=headings(columns, asked),
            searched=request.args.get("search", ""),
            asked=[pair for pair in unpaged(asked) if pair[0] != "search"],
            filters=[pair for pair in unpaged(asked) if pair[0] not in _NO_FILTERS],
            neighbours=neighbours(found, asked),
        )


def headings(columns: Pairs, asked: Pairs) -> list[Heading]:
    """The columns' headings; a list is sorted by one of them at most."""
    sort = dict(asked).get("sort") or REQUEST.listing.default_sort
    made = []
    for name, title in columns:
        if not REQUEST.listing.fields[name].sortable:
            made.append(Heading(name, title))
            continue
        now = "descending" if sort == f"-{name}" else "ascending" if sort == name else ""
        following = f"-{name}" if now == "ascending" else name
        made.append(Heading(name, title, now, _href(asked, ("sort", following), without="sort")))
    return made


def neighbours(found: Page, asked: Pairs) -> list[tuple[str, str, str]]:
    """The pages beside this one: `(rel, title, href)`."""
    made = []
    if found.prev:
        made.append(("first", "First page", _href(asked)))
        made.append(("prev", "Previous page", _href(asked, ("search_before", found.prev))))
    if found.next:
        made.append(("next", "Next page", _href(asked, ("search_after", found.next))))
    return made


def unpaged(asked: Pairs) -> list[tuple[str, str]]:
    """What is asked of the list, whatever page of it."""
    return [pair for pair in asked if pair[0] not in _PLACES]


def _href(asked: Pairs, *more: tuple[str, str], without: str = "") -> str:
    """A relative address with what is asked now, and more; at the beginning of the list."""
    kept = [pair for pair in unpaged(asked) if pair[0] != without]
    return f"?{urlencode([*kept, *more])}"
