"""The form of a UI extension: which custom fields it has, and what makes it whole.

A field is `{id, label, type, required, internal, help_text, pattern, options, reference, min, max}`. Its `id`
is what values are kept by, also in later versions. `min` and `max` bound what the type counts: the
characters of a text, the value of a number, the day of a date, the chosen options of a multi_select.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.organizations.model import patterns
from services.organizations.model.rules import RuleBroken

FormField = Mapping[str, Any]

CATEGORIES: Final = ("organization", "person", "site", "team")
TYPES: Final = (
    "text",
    "number",
    "date",
    "select",
    "multi_select",
    "check_box",
    "reference",
    "attachment",
)
CHOOSING: Final = frozenset({"select", "multi_select"})
MAX_FIELDS: Final = 100
MAX_OPTIONS: Final = 500
MAX_FORM_BYTES: Final = 64 * 1024
"""Of one version: all versions of an extension stand in one document."""

_BOUNDED: Final = frozenset({"text", "number", "date", "multi_select"})
# What only some types have: the attribute, those types, and whether they need it.
_OWN: Final[Mapping[str, tuple[frozenset[str], bool]]] = {
    "options": (CHOOSING, True),
    "reference": (frozenset({"reference"}), True),
    "pattern": (frozenset({"text"}), False),
    "min": (_BOUNDED, False),
    "max": (_BOUNDED, False),
}
_BLANK: Final[Mapping[str, Any]] = {
    "required": False,
    "internal": True,
    "help_text": None,
    "pattern": None,
    "options": [],
    "reference": None,
    "min": None,
    "max": None,
}


@dataclass(frozen=True)
class Version:
    """A version of a UI extension, as values are checked against it. `name` is the extension's."""

    id: int
    extension_id: int
    name: str
    number: int
    fields: tuple[FormField, ...]

    @property
    def said(self) -> str:
        return f"{self.name}, version {self.number}"


def form(fields: Sequence[FormField]) -> list[dict[str, Any]]:
    """The fields of a version as they are kept, 4me's defaults for what is not said: a field is internal.

    Raises RuleBroken `form_malformed`, which names all that is wrong with it.
    """
    whole = [
        {**_BLANK, **{name: given for name, given in each.items() if given is not None}} for each in fields
    ]
    errors = [*_doubles(whole)]
    for nth, field in enumerate(whole):
        errors += [(f"fields.{nth}.{name}", f"{field['id']}: {text}") for name, text in _wrong(field)]
    if not errors and len(json.dumps(whole, ensure_ascii=False).encode()) > MAX_FORM_BYTES:
        errors.append(("fields", f"must be at most {MAX_FORM_BYTES // 1024} KB altogether"))
    if errors:
        raise RuleBroken(
            "form_malformed", "The form is not kept as it is: the errors name its fields.", errors
        )
    return whole


def differing(old: Sequence[FormField], new: Sequence[FormField]) -> dict[str, list[Any]]:
    """What an edit of a form changes, by the ids of its fields, for the history."""
    before, after = {each["id"]: each for each in old}, {each["id"]: each for each in new}
    changes: dict[str, list[Any]] = {}
    if list(before) != list(after):
        changes["fields"] = [list(before), list(after)]
    if redone := [id for id in after if id in before and dict(before[id]) != dict(after[id])]:
        changes["changed_fields"] = [[], redone]
    return changes


def _doubles(fields: Sequence[FormField]) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for nth, field in enumerate(fields):
        if field["id"] in seen:
            yield f"fields.{nth}.id", f"{field['id']}: is the id of another field before"
        seen.add(field["id"])


def _wrong(field: FormField) -> Iterator[tuple[str, str]]:
    """(attribute, text) of what is wrong with one field."""
    type = field["type"]
    for name, (types, needed) in _OWN.items():
        given = field[name] not in (None, [])
        if given and type not in types:
            yield name, f"is not for a field of type {type}, but for {', '.join(sorted(types))}"
        if needed and not given and type in types:
            yield name, f"is needed by a field of type {type}"
    values = [option["value"] for option in field["options"]]
    if doubles := sorted({value for value in values if values.count(value) > 1}):
        yield "options", f"has the value {', '.join(doubles)} more than once"
    if field["pattern"] is not None:
        try:
            patterns.check(field["pattern"])
        except patterns.MalformedPattern as malformed:
            yield "pattern", str(malformed)
    if type in _BOUNDED:
        yield from _wrong_bounds(type, field["min"], field["max"])


def _wrong_bounds(type: str, low: Any, high: Any) -> Iterator[tuple[str, str]]:
    fitting = True
    for name, bound in (("min", low), ("max", high)):
        if bound is not None and not _is_bound(type, bound):
            fitting = False
            kind = "a day such as 2025-01-31" if type == "date" else "a whole number from 0 on"
            yield name, f"must be {'a number' if type == 'number' else kind}"
    if fitting and low is not None and high is not None and low > high:
        yield "max", "must not be less than min"


def _is_bound(type: str, bound: Any) -> bool:
    if type == "date":
        return isinstance(bound, str) and is_day(bound)
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return False
    return type == "number" or (isinstance(bound, int) and bound >= 0)


def is_day(text: str) -> bool:
    """Whether it is a calendar day, written `yyyy-mm-dd`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
