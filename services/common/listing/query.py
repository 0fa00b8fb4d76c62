"""What a caller asks of a list: the query string, read against the listing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.common.errors import Invalid
from services.common.listing.declaration import Field, Filter, Listing
from services.common.listing.keyset import Cursor, SortKey, read_cursor
from services.common.listing.matching import all_of, condition
from services.common.listing.search import terms
from services.common.listing.values import shown

DEFAULT_PER_PAGE = 20
MAX_PER_PAGE = 100
MAX_SORT_KEYS = 4
MAX_CONDITIONS = 50
_OWN = ("fields", "sort", "per_page", "page", "search_after", "search_before", "search", "predefined_filter")

Arguments = Mapping[str, str] | Iterable[tuple[str, str]]


@dataclass(frozen=True)
class ListQuery:
    """A question to a list, every part of it checked.

    `sort` ends with the id, so that the order is total. `fields` are the names to show, `id` first.
    At most one of `page`, `after`, `before` is set. `named` keeps what the caller wrote that a link to
    another page must repeat.
    """

    filter: Filter
    sort: tuple[SortKey, ...]
    fields: tuple[str, ...]
    per_page: int = DEFAULT_PER_PAGE
    page: int | None = None
    after: Cursor | None = None
    before: Cursor | None = None
    predefined: str | None = None
    search: tuple[str, ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, arguments: Arguments, listing: Listing, predefined: str | None = None) -> "ListQuery":
        """Reads a query string: pairs in their order, or a mapping. Raises Invalid naming every
        parameter that is unknown or does not hold what it should."""
        pairs = list(arguments.items() if isinstance(arguments, Mapping) else arguments)
        return _Reader(listing, pairs).read(predefined)

    def among(self, ids: Iterable[Any]) -> "ListQuery":
        """The same question to some of the records only."""
        some = {self.sort[-1].path: {"$in": sorted(set(ids))}}
        return replace(self, filter=all_of([self.filter, some]))


class _Reader:
    def __init__(self, listing: Listing, pairs: Sequence[tuple[str, str]]) -> None:
        self.listing = listing
        self.pairs = pairs
        self.errors: list[tuple[str, str]] = []
        self.own: dict[str, str] = {}

    def read(self, predefined: str | None) -> ListQuery:
        filters = self._filters()
        sort = self._sort()
        query = ListQuery(
            filter=all_of(filters),
            sort=sort,
            fields=self._fields(),
            per_page=self._number("per_page", DEFAULT_PER_PAGE, MAX_PER_PAGE),
            page=self._number("page", 1, 10**9) if "page" in self.own else None,
            after=self._cursor("search_after", sort),
            before=self._cursor("search_before", sort),
            predefined=self._predefined(predefined),
            search=self._search(),
            named=tuple(
                (name, value)
                for name, value in self.pairs
                if name not in ("per_page", "page", "search_after", "search_before", "predefined_filter")
            ),
        )
        ways = [name for name in ("page", "search_after", "search_before") if name in self.own]
        if len(ways) > 1:
            self.errors.append((ways[1], f"cannot stand beside {ways[0]}"))
        if self.errors:
            raise Invalid(errors=self.errors)
        return query

    def _filters(self) -> list[Filter]:
        filters: list[Filter] = []
        for written, value in self.pairs:
            if written in _OWN:
                if written in self.own:
                    self.errors.append((written, "is given twice"))
                self.own[written] = value
                continue
            name = self.listing.resolve("id" if written == "ids" else written.removesuffix("!"))
            field = self.listing.fields.get(name or "")
            if name is None or field is None or not field.filterable:
                self.errors.append((written.removesuffix("!"), self._unknown_filter(name)))
                continue
            try:
                path, wanted = condition(field, self.listing.path(name), value, written.endswith("!"))
                filters.append({path: wanted})
            except ValueError as error:
                self.errors.append((written, str(error)))
        if len(filters) > MAX_CONDITIONS:
            self.errors.append(("filters", f"are more than {MAX_CONDITIONS}"))
        return filters

    def _unknown_filter(self, name: str | None) -> str:
        offered = ", ".join(sorted(key for key, field in self.listing.fields.items() if field.filterable))
        problem = "is not a parameter or field of this list" if name is None else "cannot be filtered by"
        return f"{problem}; filters are: {offered or 'none'}"

    def _sort(self) -> tuple[SortKey, ...]:
        keys: dict[str, SortKey] = {}
        for part in (self.own.get("sort") or self.listing.default_sort).split(","):
            part = part.strip()
            name = self.listing.resolve(part.removeprefix("-")) or ""
            field = self.listing.fields.get(name, Field())
            if not field.sortable:
                offered = ", ".join(sorted(key for key, each in self.listing.fields.items() if each.sortable))
                self.errors.append(("sort", f"cannot be by {shown(part)}; it can be by: {offered}"))
            elif name in keys:
                self.errors.append(("sort", f"names {name} twice"))
            else:
                keys[name] = SortKey(name, field, self.listing.path(name), part.startswith("-"))
        if len(keys) > MAX_SORT_KEYS:
            self.errors.append(("sort", f"takes at most {MAX_SORT_KEYS} fields"))
        if "id" in keys:  # ids differ, so nothing behind the id decides anything
            return tuple(keys.values())[: list(keys).index("id") + 1]
        descending = bool(keys) and next(reversed(keys.values())).descending
        return (*keys.values(), SortKey("id", self.listing.fields["id"], self.listing.path("id"), descending))

    def _fields(self) -> tuple[str, ...]:
        if "fields" not in self.own:
            wanted = self.listing.default_fields or self.listing.names
            return tuple(dict.fromkeys(("id", *wanted)))
        names: dict[str, None] = {"id": None}
        for part in self.own["fields"].split(","):
            part = part.strip()
            if part == "*":
                names.update(dict.fromkeys(self.listing.names))
            elif (name := self.listing.resolve(part)) in self.listing.names:
                names[name] = None
            else:
                self.errors.append(
                    ("fields", f"has no {shown(part)}; there are: {', '.join(self.listing.names)}")
                )
        return tuple(names)

    def _number(self, name: str, default: int, most: int) -> int:
        text = self.own.get(name)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and 1 <= int(text) <= most):
            limit = f"from 1 to {most}" if most == MAX_PER_PAGE else "of at least 1"
            self.errors.append((name, f"must be a whole number {limit}, not {shown(text)}"))
            return default
        return int(text)

    def _cursor(self, name: str, sort: Sequence[SortKey]) -> Cursor | None:
        if name not in self.own:
            return None
        try:
            return read_cursor(self.own[name], sort)
        except ValueError as error:
            self.errors.append((name, str(error)))
            return None

    def _predefined(self, from_path: str | None) -> str | None:
        named = self.own.get("predefined_filter")
        if from_path is not None and named is not None and named != from_path:
            self.errors.append(("predefined_filter", f"is {shown(from_path)} by the path already"))
        name = from_path or named
        if name is not None and name not in self.listing.predefined:
            offered = ", ".join(self.listing.predefined) or "none"
            self.errors.append(("predefined_filter", f"has no {shown(name)}; there are: {offered}"))
            return None
        return name

    def _search(self) -> tuple[str, ...]:
        if "search" not in self.own:
            return ()
        if not self.listing.search_path:
            self.errors.append(("search", "is not offered by this list"))
            return ()
        words = terms(self.own["search"])
        if not words:
            self.errors.append(("search", "must hold at least one word"))
        return tuple(words)


def search_filter(listing: Listing, words: Sequence[str]) -> dict[str, Any]:
    """Records that hold every one of the words."""
    if not words:
        return {}
    return {listing.search_path: words[0] if len(words) == 1 else {"$all": list(words)}}
