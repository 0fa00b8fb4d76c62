"""A form with a field of each type, and values given by it."""

from __future__ import annotations

from typing import Any

import pytest

from services.organizations.model import forms
from services.organizations.model.custom_fields import written
from services.organizations.model.rules import RuleBroken

FILE: dict[str, Any] = {"id": 5, "key": "attachments/0/a.pdf", "name": "a.pdf", "size": 9, "sha256": "0" * 64}
COLORS = [{"value": "red"}, {"value": "blue"}, {"value": "green"}]
FIELDS = (
    {"id": "contact", "type": "text", "min": 2, "max": 20},
    {"id": "code", "type": "text", "pattern": r"[A-Z]{2}-\d+"},
    {"id": "floor", "type": "number", "min": -2, "max": 40},
    {"id": "since", "type": "date", "min": "2000-01-01"},
    {"id": "color", "type": "select", "options": COLORS},
    {"id": "colors", "type": "multi_select", "options": COLORS, "max": 2},
    {"id": "ours", "type": "check_box"},
    {"id": "buyer", "type": "reference", "reference": "person"},
    {"id": "contract", "type": "attachment"},
)
FITTING = {
    "contact": "Ann",
    "code": "NL-12",
    "floor": 3,
    "since": "2020-02-29",
    "color": "red",
    "colors": ["blue", "red"],
    "ours": False,
    "buyer": 7,
    "contract": FILE,
}


def version(*fields, id=1, number=1):
    labelled = [{"label": "Label", **each} for each in fields]
    return forms.Version(id, 50, "Details", number, tuple(forms.form(labelled)))


FORM = version(*FIELDS)


def given_as(values):
    return [{"id": id, "value": value} for id, value in values.items()]


def values_of(record):
    return {each["id"]: each["value"] for each in record["custom_fields"]}


def wrong_in(values, record=None, form=FORM):
    with pytest.raises(RuleBroken) as refused:
        written(form, record or {}, given_as(values))
    assert refused.value.code == "custom_fields_invalid"
    return {name.removeprefix("custom_fields."): text for name, text in refused.value.errors}
