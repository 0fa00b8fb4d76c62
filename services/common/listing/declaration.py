"""What a list offers: its fields, their kinds, and which may be filtered or sorted by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Filter = Mapping[str, Any]
"""A MongoDB filter made by our own code (never by a caller's)."""


class Kind(Enum):
    """What a field holds, and so how a filter's value is read and what the field is compared with."""

    INTEGER = "integer"
    REFERENCE = "reference"
    """The integer id of another record; filtered as `team` and as `team_id`."""
    TEXT = "text"
    ENUM = "enum"
    TIME = "time"
    """A point in time, stored as a BSON date in UTC."""
    DATE = "date"
    """A calendar day, stored as text `yyyy-mm-dd` (a day has no zone)."""
    LOCAL = "local"
    """A time of the wall clock, stored as text `yyyy-mm-ddThh:mm` (it has no zone either)."""
    BOOLEAN = "boolean"
    TARGET = "target"
    """A point in time, or one of 4me's words for "no such time" (`best_effort`, `clock_stopped`, …)."""


@dataclass(frozen=True)
class Field:
    """One field of a list.

    `path` is where MongoDB keeps it; empty means the API's own name (with `_id` for a reference).
    `choices` are the words an ENUM may be asked for. `fold` says that the stored text is casefolded, so
    that the filter ignores case. `many` says that the path holds an array: it can be filtered
    ("one of them is"), never sorted by. A field that is not `shown` is there to be filtered or sorted by
    only.
    """

    path: str = ""
    kind: Kind = Kind.TEXT
    filterable: bool = False
    sortable: bool = False
    choices: frozenset[str] | None = None
    fold: bool = False
    many: bool = False
    shown: bool = True


@dataclass(frozen=True)
class Listing:
    """A list of one kind of record.

    `fields` are those that can be filtered or sorted by, `id` among them; `also` names further fields that
    `fields=` may ask for. `predefined` are the named filters (`/requests/open`): a MongoDB filter, or a
    function of the viewer that gives one. `search_path` is an array of normalized terms (`terms`) that
    `search=` looks into. Raises ValueError where the declaration contradicts itself.
    """

    fields: Mapping[str, Field]
    default_fields: tuple[str, ...] = ()
    default_sort: str = "-id"
    also: tuple[str, ...] = ()
    predefined: Mapping[str, Filter | Callable[[Any], Filter]] = field(default_factory=dict)
    search_path: str = ""

    def __post_init__(self) -> None:
        if "id" not in self.fields:
            raise ValueError("a listing has an id")
        if unknown := set(self.default_fields) - set(self.names):
            raise ValueError(f"default fields that the listing does not have: {sorted(unknown)}")
        for part in self.default_sort.split(","):
            if not self.fields[part.removeprefix("-")].sortable:
                raise ValueError(f"the default sort {part} is not sortable")
        if bad := [name for name, each in self.fields.items() if each.many and each.sortable]:
            raise ValueError(f"an array has no order to sort by: {bad}")

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that can be shown, in the order of their declaration."""
        shown = (name for name, field in self.fields.items() if field.shown)
        return tuple(dict.fromkeys((*shown, *self.also)))

    def path(self, name: str) -> str:
        """Where MongoDB keeps the field that the API calls `name`."""
        declared = self.fields[name]
        if declared.path:
            return declared.path
        return f"{name}_id" if declared.kind is Kind.REFERENCE else name

    def resolve(self, name: str) -> str | None:
        """The listing's own name of what a caller calls `name`; None when there is no such field."""
        if name in self.fields or name in self.also:
            return name
        plain = name.removesuffix("_id")
        if plain != name and plain in self.fields and self.fields[plain].kind is Kind.REFERENCE:
            return plain
        return None

    def predefined_filter(self, name: str, viewer: Any) -> Filter:
        """The MongoDB filter that the predefined filter `name` stands for when `viewer` asks."""
        declared = self.predefined[name]
        return declared(viewer) if callable(declared) else declared
