"""Values of custom fields: what each type of field takes, and how it keeps it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.organizations.model import patterns
from services.organizations.model.forms import FormField, is_day

MAX_TEXT_VALUE: Final = 16_384
MAX_NUMBER: Final = 10**15

_TOLD_CHOICES: Final = 20
_NUMBER: Final = re.compile(r"-?[0-9]{1,16}(\.[0-9]{1,10})?")
_WORDS: Final = {
    **dict.fromkeys(("1", "t", "y", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "f", "n", "false", "no", "off"), False),
}

Value = Any


@dataclass(frozen=True)
class NoFile:
    """What stands in a write for a file that it names and does not get; `why` is told."""

    why: str


class Unfit(Exception):
    """The text says what a value must be."""


def fitting(field: FormField, value: Value) -> Value:
    """The value as the field keeps it; None for none (an empty text or list too). Raises Unfit."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "" or value == []:
        return None
    return _TYPES[field["type"]](field, value)


def is_file(value: Value) -> bool:
    """Whether a value that is kept is a file (`common.attachments.attachment_of`)."""
    return isinstance(value, Mapping) and "sha256" in value


def _text(field: FormField, value: Value) -> Value:
    if not isinstance(value, str):
        raise Unfit("must be a text")
    longest = patterns.MAX_TEXT if field["pattern"] is not None else MAX_TEXT_VALUE
    _counted(len(value), field["min"], min(longest, field["max"] or longest), "characters")
    if field["pattern"] is not None and not patterns.matches(field["pattern"], value):
        raise Unfit(f"must be of the pattern {field['pattern']}")
    return value


def _number(field: FormField, value: Value) -> Value:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unfit("must be a number")
    if abs(value) > MAX_NUMBER:
        raise Unfit(f"must be between -{MAX_NUMBER} and {MAX_NUMBER}")
    _between(value, field["min"], field["max"])
    return value


def _date(field: FormField, value: Value) -> Value:
    if not isinstance(value, str) or not is_day(value):
        raise Unfit("must be a day such as 2025-01-31")
    _between(value, field["min"], field["max"])
    return value


def _select(field: FormField, value: Value) -> Value:
    choices = [option["value"] for option in field["options"]]
    if not isinstance(value, str) or value not in choices:
        more = ", …" if len(choices) > _TOLD_CHOICES else ""
        raise Unfit(f"must be one of {', '.join(choices[:_TOLD_CHOICES])}{more}")
    return value


def _multi_select(field: FormField, value: Value) -> Value:
    if not isinstance(value, list):
        raise Unfit("must be a list of options")
    chosen = {_select(field, each) for each in value}
    _counted(len(chosen), field["min"], field["max"], "options")
    return [option["value"] for option in field["options"] if option["value"] in chosen]


def _check_box(_field: FormField, value: Value) -> Value:
    ticked = _WORDS.get(value.lower()) if isinstance(value, str) else value
    if not isinstance(ticked, bool):
        raise Unfit("must be true or false")
    return ticked


def _reference(field: FormField, value: Value) -> Value:
    id = value.get("id") if isinstance(value, Mapping) and not is_file(value) else value
    if isinstance(id, bool) or not isinstance(id, int) or not 1 <= id < 2**53:
        raise Unfit(f"must be the id of a record: {field['reference']}")
    return id


def _attachment(_field: FormField, value: Value) -> Value:
    if isinstance(value, NoFile):
        raise Unfit(value.why)
    if not is_file(value):
        raise Unfit("must be the key of an upload")
    return value


def _between(value: Any, low: Any, high: Any) -> None:
    if low is not None and value < low:
        raise Unfit(f"must not be less than {low}")
    if high is not None and value > high:
        raise Unfit(f"must not be more than {high}")


def _counted(number: int, low: int | None, high: int | None, what: str) -> None:
    if low is not None and number < low:
        raise Unfit(f"must have at least {low} {what}")
    if high is not None and number > high:
        raise Unfit(f"must have at most {high} {what}")


_TYPES: Final[Mapping[str, Callable[[FormField, Value], Value]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "select": _select,
    "multi_select": _multi_select,
    "check_box": _check_box,
    "reference": _reference,
    "attachment": _attachment,
}
