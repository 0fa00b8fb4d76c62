"""A page of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import ExecutionTimeout

from services.common.errors import Invalid, Unavailable
from services.common.listing.declaration import Filter, Listing
from services.common.listing.keyset import Cursor, SortKey, cursor_of, in_order, ranges
from services.common.listing.matching import all_of, behind_first
from services.common.listing.query import ListQuery, search_filter

COUNT_LIMIT = 10_000
"""Lists are counted exactly up to here; beyond it the count is this bound, and said to be one."""
MAX_MILLISECONDS = 10_000
_ALL: Filter = {"_id": {"$exists": True}}

Document = dict[str, Any]
Keys = Sequence[SortKey]


@dataclass(frozen=True)
class Page:
    """Some records of a list, in order, and where they are in it.

    `next` and `prev` are the cursors to ask the neighbouring pages with; None where there is none.
    `numbered` says that the page was asked for by its number. With `throttled`, `total` is a lower bound.
    """

    items: tuple[Document, ...]
    total: int
    throttled: bool
    per_page: int
    current_page: int
    start_cursor: str | None
    end_cursor: str | None
    next: str | None
    prev: str | None
    numbered: bool = False

    @property
    def total_pages(self) -> int:
        return -(-self.total // self.per_page)

    def map(self, shape: Callable[[Document], Document]) -> Page:
        """The same page with each record put into another shape."""
        return replace(self, items=tuple(shape(item) for item in self.items))


def page(
    collection: Collection[Document] | Mapping[str, Collection[Document]],
    listing: Listing,
    query: ListQuery,
    base_filter: Filter | None = None,
    *,
    viewer: Any = None,
    projection: Mapping[str, int] | None = None,
) -> Page:
    """The page that `query` asks for, among the records of `collection` that `base_filter` lets through.

    Several collections (`{"requests": …, "slas": …}`) are listed as one; each record then says in `service`
    whose it is. `viewer` is given to the listing's predefined filter. `projection` is MongoDB's and has to
    keep the paths that can be sorted by. Raises Invalid when a page number lies beyond what is counted,
    Unavailable when the database takes too long.
    """
    predefined = listing.predefined_filter(query.predefined, viewer) if query.predefined else {}
    wanted = all_of([base_filter or {}, predefined, search_filter(listing, query.search), query.filter])
    several = isinstance(collection, Mapping)
    sources = [
        _Source(each, wanted, projection, {"service": name} if several else {})
        for name, each in (collection.items() if isinstance(collection, Mapping) else [("", collection)])
    ]
    with _in_time():
        return _page(sources[0] if len(sources) == 1 else _Sources(sources), query)


@dataclass(frozen=True)
class _Source:
    """The records of one collection. `mark` is put on each."""

    collection: Collection[Document]
    wanted: Filter
    projection: Mapping[str, int] | None
    mark: Document

    def first(self, keys: Keys, most: int, skip: int = 0) -> list[Document]:
        return self._find(behind_first(self.wanted, {}), keys, most, skip)

    def behind(self, keys: Keys, cursor: Cursor, most: int) -> list[Document]:
        found: list[Document] = []
        for each in ranges(keys, cursor):
            found += self._find(behind_first(self.wanted, each), keys, most - len(found))
            if len(found) == most:
                break
        return found

    def count(self) -> int:
        # The command costs half of the aggregation that pymongo counts with. Without a filter it would give
        # what the server believes it has, which after a crash, or over shards, is not all true.
        counted = self.collection.database.command(
            "count",
            self.collection.name,
            query=self.wanted or _ALL,
            limit=COUNT_LIMIT + 1,
            maxTimeMS=MAX_MILLISECONDS,
        )
        return int(counted["n"])

    def _find(self, wanted: Filter, keys: Keys, most: int, skip: int = 0) -> list[Document]:
        order = [(key.path, -1 if key.descending else 1) for key in keys]
        found = self.collection.find(wanted, self.projection).sort(order).skip(skip).limit(most)
        return [{**document, **self.mark} for document in found.max_time_ms(MAX_MILLISECONDS)]


@dataclass(frozen=True)
class Told:
    """Records of a collection that are told in another shape. `paths`: where the collection keeps what the
    shaped record has at a path that can be sorted by; `wanted` is a filter of our own."""

    collection: Collection[Document]
    wanted: Filter
    paths: Mapping[str, str]
    shape: Callable[[Document], Document]
    projection: Mapping[str, int] | None = None

    def first(self, keys: Keys, most: int, skip: int = 0) -> list[Document]:
        return self._shaped(self._source.first(self._there(keys), most, skip))

    def behind(self, keys: Keys, cursor: Cursor, most: int) -> list[Document]:
        return self._shaped(self._source.behind(self._there(keys), cursor, most))

    def count(self) -> int:
        return self._source.count()

    @property
    def _source(self) -> _Source:
        return _Source(self.collection, self.wanted, self.projection, {})

    def _there(self, keys: Keys) -> Keys:
        return [replace(key, path=self.paths[key.path]) for key in keys]

    def _shaped(self, found: Sequence[Document]) -> list[Document]:
        return [self.shape(document) for document in found]


def page_of_told(sources: Sequence[Told], listing: Listing, query: ListQuery) -> Page:
    """The page that `query` asks for of the records of all `sources` together. Such a list can be sorted and
    paged, not filtered. Raises as `page`.
    """
    _no_filters(listing, query)
    with _in_time():
        return _page(_Sources(sources), query)


def page_at_hand(documents: Sequence[Document], listing: Listing, query: ListQuery) -> Page:
    """The page that `query` asks for of records that are at hand, all of them, in any order; their `id` under
    its path. Such a list can be sorted and paged, not filtered."""
    _no_filters(listing, query)
    return _page(_AtHand(documents), query)


def _no_filters(listing: Listing, query: ListQuery) -> None:
    if query.filter or query.predefined or query.search:
        raise ValueError(f"such a list has no filters, and this offers some: {listing.names}")


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except ExecutionTimeout:
        raise Unavailable(
            "query_too_slow", "The list took too long. Ask with more or narrower filters."
        ) from None


@dataclass(frozen=True)
class _AtHand:
    """Records that are all there."""

    documents: Sequence[Document]

    def first(self, keys: Keys, most: int, skip: int = 0) -> list[Document]:
        return in_order(self.documents, keys)[skip : skip + most]

    def behind(self, keys: Keys, cursor: Cursor, most: int) -> list[Document]:
        # Put behind its equals (sorting is stable), so that what comes after it is behind the cursor.
        place = {key.path: value for key, value in zip(keys, cursor.values, strict=True)}
        later = in_order([*self.documents, place], keys)
        at = next(number for number, each in enumerate(later) if each is place)
        return later[at + 1 : at + 1 + most]

    def count(self) -> int:
        return len(self.documents)


@dataclass(frozen=True)
class _Sources:
    """Several collections as one. Each is asked for as many as the page holds, for all may be its."""

    sources: Sequence[_Source | Told]

    def first(self, keys: Keys, most: int, skip: int = 0) -> list[Document]:
        return self._merged(keys, lambda source: source.first(keys, skip + most))[skip : skip + most]

    def behind(self, keys: Keys, cursor: Cursor, most: int) -> list[Document]:
        return self._merged(keys, lambda source: source.behind(keys, cursor, most))[:most]

    def count(self) -> int:
        return sum(source.count() for source in self.sources)

    def _merged(self, keys: Keys, ask: Callable[[_Source | Told], list[Document]]) -> list[Document]:
        return in_order([document for source in self.sources for document in ask(source)], keys)


_Asked = _Source | _Sources | _AtHand


def _page(source: _Asked, query: ListQuery) -> Page:
    size = query.per_page
    if query.before is not None:
        # Backwards: the same walk in the opposite order, turned around again.
        found = source.behind(tuple(key.reversed() for key in query.sort), query.before, size + 1)
        earlier, later = len(found) > size, True
        items = list(reversed(found[:size]))
        offset = max(0, query.before.offset - len(items)) if earlier else 0
    elif query.after is not None:
        found = source.behind(query.sort, query.after, size + 1)
        earlier, later = True, len(found) > size
        items, offset = found[:size], query.after.offset + 1
    else:
        offset = _offset(query)
        found = source.first(query.sort, size + 1, offset)
        earlier, later = offset > 0, len(found) > size
        items = found[:size]
    counted = _total(source, query, offset, len(items), later)
    places = list(_places(items, offset, query))
    start, end = (places[0], places[-1]) if places else (None, None)
    return Page(
        items=tuple(items),
        total=min(counted, COUNT_LIMIT),
        throttled=counted > COUNT_LIMIT,
        per_page=size,
        current_page=offset // size + 1,
        start_cursor=start,
        end_cursor=end,
        next=end if later else None,
        prev=start if earlier else None,
        numbered=query.page is not None,
    )


def _offset(query: ListQuery) -> int:
    offset = ((query.page or 1) - 1) * query.per_page
    if offset + query.per_page > COUNT_LIMIT and offset > 0:
        most = COUNT_LIMIT // query.per_page
        text = f'goes to {most} at most; follow the Link header\'s rel="next" (search_after) instead'
        raise Invalid(errors=[("page", text)])
    return offset


def _total(source: _Asked, query: ListQuery, offset: int, shown: int, later: bool) -> int:
    if offset + shown > COUNT_LIMIT:
        return offset + shown  # who has gone past so many needs no other count to be told of the bound
    whole_in_sight = not later and query.after is None and query.before is None and (shown or not offset)
    return offset + shown if whole_in_sight else source.count()


def _places(items: list[Document], offset: int, query: ListQuery) -> Iterator[str]:
    for number, item in enumerate(items):
        if number in (0, len(items) - 1):
            yield cursor_of(item, offset + number, query.sort)
