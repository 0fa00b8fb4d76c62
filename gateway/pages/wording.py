"""How pages say things: words for enums, times in the reader's zone, durations, what changed, and pictures
in texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

from services.common.time_zones import iana_name

NOTHING: Final = "–"
_WORDS: Final[Mapping[str, str]] = {
    "rfc": "Request for change",
    "rfi": "Request for information",
    "no_target": NOTHING,
    "sla_not_affected": "SLA not affected",
    "supplier_requestID": "Supplier’s request",
    "sourceID": "Source ID",
}
_ENUMS: Final = frozenset({"status", "completion_reason", "category", "impact"})
_PICTURE: Final = re.compile(r"!\[\]\(([^()\s]+)\)")
_SHOWN: Final = Markup(
    '<a href="/attachments/{id}"><img class="in-text" src="/attachments/{id}" alt="{name}"></a>'
)
_VERSION: Final = re.compile(r"\.v[0-9]+\Z")


def worded(value: Any) -> str:
    """An enum's value as a person reads it: `waiting_for_customer` is "Waiting for customer"."""
    if value in (None, ""):
        return NOTHING
    text = str(value)
    return _WORDS.get(text) or text.replace("_", " ").capitalize()


def zone_of(*names: str | None) -> ZoneInfo:
    """The first of these zones that this machine knows; UTC without any."""
    for name in names:
        if name:
            try:
                return ZoneInfo(iana_name(name))
            except (ValueError, ZoneInfoNotFoundError):
                continue
    return ZoneInfo("UTC")


def moment(value: Any, zone: ZoneInfo) -> Markup | str:
    """A point in time, as the API gives it, in the reader's zone; a word where the API gives one."""
    if value in (None, ""):
        return NOTHING
    at = value if isinstance(value, datetime) else _moment_in(str(value))
    if at is None:
        return worded(value)
    there = at.astimezone(zone)
    text = f"{there.day} {there:%b %Y, %H:%M} {there:%Z}"
    utc = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}">{}</time>').format(utc, text)


def duration(minutes: int | None) -> str:
    """Whole minutes: "3 d 4 h", "2 h 5 min", "0 min"."""
    if minutes is None:
        return NOTHING
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (left, "min")]
    told = [f"{number} {unit}" for number, unit in parts if number][:2]
    return " ".join(told) or "0 min"


def said_by(type: str) -> str:
    """What a message of this type says: `request.handed_over.v1` is "Request handed over"."""
    return worded(_VERSION.sub("", type).replace(".", " "))


def told(value: Any, zone: ZoneInfo, field: str = "") -> Markup | str:
    """A value of a field in the history: a reference by its name, a time in the reader's zone, a list in its
    order.
    """
    if field in _ENUMS:
        return worded(value)
    if isinstance(value, Mapping):
        name = str(value.get("name") or value.get("subject") or value.get("id") or NOTHING)
        whose = value.get("account")
        if isinstance(whose, Mapping) and whose["name"] != name:
            return f"{name} ({whose['name']})"
        return name
    if isinstance(value, list | tuple):
        return Markup(", ").join(escape(told(each, zone)) for each in value) if value else NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, zone)
    text = str(value) if value is not None else ""
    return moment(text, zone) if _moment_in(text) is not None else text or NOTHING


def with_pictures(text: str, files: Iterable[Mapping[str, Any]]) -> Markup:
    """A text with the pictures in it that it shows (`![](key)`): those of its `files` that are inline and
    here. Each leads to its file. All else stays as it was written.
    """
    here = (each for each in files if each.get("inline") and each.get("uri"))
    shown = {each["key"]: _SHOWN.format(id=each["id"], name=each["name"]) for each in here}
    parts = _PICTURE.split(text)
    told = [escape(parts[0])]
    for key, after in zip(parts[1::2], parts[2::2], strict=True):
        told += [shown.get(key) or escape(f"![]({key})"), escape(after)]
    return Markup("").join(told)


def _moment_in(text: str) -> datetime | None:
    if len(text) < len("2026-01-01T00:00Z") or not text[:4].isdigit() or text[10:11] != "T":
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
