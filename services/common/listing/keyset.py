"""Keyset paging: cursors, and the filters that say "behind this cursor".

A cursor is the values that a record was sorted by, its id last, so that no two records share one. What
lies behind a cursor (a, b, id) is, in order: the same a and b with a later id; the same a with a later b;
a later a. Each of these is one range of an index on (a, b, id), so `ranges` gives them as separate
filters, to be asked one after the other until the page is full. One filter with `$or` would say the same,
but planners read all of it and sort.

MongoDB sorts by type before value (nothing, then numbers, then text, then booleans, then times), while a
comparison sees only values of its own type. So a later value is: a greater one of the same type, or any
of a type that comes later.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from services.common import strict_json
from services.common.listing.declaration import Field, Filter, Kind
from services.common.listing.values import read

MAX_CURSOR_LENGTH = 4000
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_SMALLEST = {"number": -(2**63), "text": "", "flag": False, "time": _EARLIEST}
_ORDER = ("nothing", "number", "text", "flag", "time")
_TYPES = {
    Kind.INTEGER: ("number",),
    Kind.REFERENCE: ("number",),
    Kind.TEXT: ("text",),
    Kind.ENUM: ("text",),
    Kind.DATE: ("text",),
    Kind.LOCAL: ("text",),
    Kind.BOOLEAN: ("flag",),
    Kind.TIME: ("time",),
    Kind.TARGET: ("text", "time"),
}


@dataclass(frozen=True)
class SortKey:
    """One key of an order: the field's API name, its declaration, its path, and the direction."""

    name: str
    field: Field
    path: str
    descending: bool

    @property
    def written(self) -> str:
        return f"-{self.name}" if self.descending else self.name

    def reversed(self) -> "SortKey":
        return SortKey(self.name, self.field, self.path, not self.descending)


@dataclass(frozen=True)
class Cursor:
    """The place of a record in a sorted list. `offset` is the number of records before it when the cursor
    was made: it numbers pages for the reader and finds nothing."""

    offset: int
    values: tuple[Any, ...]


def value_at(document: Any, path: str) -> Any:
    """What a document holds at a dotted path; None when there is nothing."""
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def cursor_of(document: dict[str, Any], offset: int, keys: Sequence[SortKey]) -> str:
    """The opaque text of a document's place: base64url of JSON, without padding."""
    values = [_plain(value_at(document, key.path)) for key in keys]
    body = {"offset": offset, "sort": _written(keys), "cursor": values}
    encoded = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def read_cursor(text: str, keys: Sequence[SortKey]) -> Cursor:
    """The place that a cursor names. Raises ValueError when it is not one of ours, or of another order."""
    if len(text) > MAX_CURSOR_LENGTH:
        raise ValueError("is not a cursor that a page gave")
    try:
        standard = text.rstrip("=").replace("+", "-").replace("/", "_")
        plain = base64.urlsafe_b64decode(standard + "=" * (-len(standard) % 4))
        body = strict_json.loads(plain, MAX_CURSOR_LENGTH)
        offset, sort, values = body["offset"], body["sort"], body["cursor"]
        if type(offset) is not int or not 0 <= offset < 2**53 or not isinstance(values, list):
            raise ValueError
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise ValueError("is not a cursor that a page gave") from None
    if sort != _written(keys) or len(values) != len(keys):
        raise ValueError(f"belongs to another order than sort={_written(keys)}")
    return Cursor(offset, tuple(_typed(key, value) for key, value in zip(keys, values, strict=True)))


def ranges(keys: Sequence[SortKey], cursor: Cursor) -> Iterator[Filter]:
    """The filters whose results, one after the other, are what comes behind the cursor."""
    for depth in range(len(keys) - 1, -1, -1):
        same = {key.path: value for key, value in zip(keys[:depth], cursor.values, strict=False)}
        for later in _later(keys[depth], cursor.values[depth]):
            yield {**same, keys[depth].path: later}


def in_order(documents: Iterable[dict[str, Any]], keys: Sequence[SortKey]) -> list[dict[str, Any]]:
    """The documents in the order that MongoDB would give them in."""
    ordered = list(documents)
    for key in reversed(keys):
        ordered.sort(key=lambda document: _rank(value_at(document, key.path)), reverse=key.descending)
    return ordered


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    name = _type(value)
    return (_ORDER.index(name), value.encode() if name == "text" else value)


def _later(key: SortKey, value: Any) -> Iterator[Any]:
    types = _TYPES[key.field.kind]
    here = -1 if value is None else types.index(_type(value))
    if value is not None:
        yield {"$lt" if key.descending else "$gt": value}
    if not key.descending:
        for name in types[here + 1 :]:
            yield {"$gte": _SMALLEST[name]}
    elif value is not None:
        for name in reversed(types[:here]):
            yield {"$gte": _SMALLEST[name]}
        yield None


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int):
        return "number"
    return "text" if isinstance(value, str) else "time"


def _written(keys: Sequence[SortKey]) -> str:
    return ",".join(key.written for key in keys)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat()
    return value


def _typed(key: SortKey, value: Any) -> Any:
    """A value of a cursor as what MongoDB compares with: none but of the field's own types."""
    match key.field.kind, value:
        case _, None:
            return None
        case Kind.BOOLEAN, bool():
            return value
        case Kind.INTEGER | Kind.REFERENCE, int() if not isinstance(value, bool):
            return read(key.field, str(value))
        case Kind.TEXT | Kind.ENUM | Kind.DATE | Kind.LOCAL, str():
            return value
        case Kind.TIME | Kind.TARGET, str():
            return read(key.field, value)
    raise ValueError("is not a cursor that a page gave")
