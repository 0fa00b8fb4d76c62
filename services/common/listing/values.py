"""One value of a filter or a cursor, as text, read as the kind of its field.

Nothing that a caller writes reaches a MongoDB filter without passing here: what comes out is an int, a
str, a bool or an aware datetime, never a mapping.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from services.common.listing.declaration import Field, Kind

MAX_TEXT = 1000
_INTEGER = re.compile(r"-?\d{1,18}")
_WORD = re.compile(r"[a-z_]{1,40}")
_TRUE = frozenset({"1", "t", "y", "true", "yes", "on"})
_FALSE = frozenset({"0", "f", "n", "false", "no", "off"})


def read(field: Field, text: str) -> Any:
    """The value that `text` stands for. Raises ValueError with what was expected instead."""
    match field.kind:
        case Kind.INTEGER | Kind.REFERENCE:
            if not _INTEGER.fullmatch(text):
                raise ValueError(f"must be a whole number, not {shown(text)}")
            return int(text)
        case Kind.TIME:
            return _time(text)
        case Kind.TARGET:
            return text if _WORD.fullmatch(text) else _time(text)
        case Kind.DATE:
            return _date(text)
        case Kind.LOCAL:
            return _local(text)
        case Kind.BOOLEAN:
            if text.lower() in _TRUE:
                return True
            if text.lower() in _FALSE:
                return False
            raise ValueError(f"must be true or false, not {shown(text)}")
        case Kind.ENUM:
            if field.choices is not None and text not in field.choices:
                raise ValueError(f"must be one of {', '.join(sorted(field.choices))}, not {shown(text)}")
    if len(text) > MAX_TEXT:
        raise ValueError(f"must be at most {MAX_TEXT} characters long")
    return text.casefold() if field.fold else text


def shown(text: str) -> str:
    """A caller's text as an error may repeat it: short, quoted."""
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _time(text: str) -> datetime:
    # An unencoded plus sign in a query string arrives as a space: 2022-10-05T15:33:24 03:00.
    written = re.sub(r" (?=\d{2}:?\d{2}$)", "+", text.strip()) if "T" in text else text.strip()
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"must be a time such as 2025-01-31T09:30:00Z, not {shown(text)}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"must be a time within the calendar, not {shown(text)}") from None


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValueError(f"must be a day such as 2025-01-31, not {shown(text)}") from None


def _local(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise ValueError(f"must be a local time such as 2025-01-31T09:30, or a day, not {shown(text)}")
    return moment.isoformat(timespec="minutes")
