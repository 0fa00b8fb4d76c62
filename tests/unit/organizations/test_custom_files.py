"""Files in custom fields: named by the key of an upload, then by their id."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from services.organizations.model import custom_fields
from services.organizations.model.custom_fields import written
from services.organizations.model.rules import RuleBroken
from services.organizations.schemas.ui_extensions import CustomFieldInputSchema, CustomFieldSchema
from tests.unit.organizations.custom_form import (
    FILE,
    FORM,
    given_as,
    values_of,
    version,
    wrong_in,
)


def uploads(key):
    return FILE if key == FILE["key"] else "is the key of no upload of yours"


def named(given, record=None, upload=uploads):
    return custom_fields.naming_files(FORM, record or {}, given_as(given), upload)


@pytest.mark.parametrize("value", [FILE["key"], {"key": FILE["key"]}])
def test_a_file_is_named_by_the_key_of_an_upload(value):
    kept = written(FORM, {}, named({"contract": value, "contact": FILE["key"][:20]}))
    assert values_of(kept) == {"contract": FILE, "contact": FILE["key"][:20]}
    assert custom_fields.files(kept["custom_fields"]) == [FILE]


def test_a_key_that_gives_no_file_is_told_as_any_other_value_that_does_not_fit():
    with pytest.raises(RuleBroken) as refused:
        written(FORM, {}, named({"contract": "nonsense", "floor": "three"}))
    assert refused.value.errors == (
        ("custom_fields.floor", "must be a number"),
        ("custom_fields.contract", "is the key of no upload of yours"),
    )


def test_a_file_that_the_record_has_stays_whosoever_uploaded_it():
    record = written(FORM, {}, given_as({"contract": FILE}))
    again = named({"contract": FILE["key"]}, record, lambda key: "is the key of no upload of yours")
    assert written(FORM, record, again) == record
    assert written(FORM, record, []) == record
    assert (
        custom_fields.files(written(FORM, record, named({"contract": None}, record))["custom_fields"]) == []
    )


def test_a_file_is_carried_to_the_next_version_only_where_a_file_fits():
    record = written(FORM, {}, given_as({"contract": FILE}))
    same = version({"id": "contract", "type": "attachment"}, id=2, number=2)
    assert values_of(written(same, record, [])) == {"contract": FILE}
    for other in ({"type": "text"}, {"type": "reference", "reference": "person"}):
        assert "no longer fits" in wrong_in({}, record, version({"id": "contract", **other}))["contract"]
    assert (
        "is not in the form" in wrong_in({}, record, version({"id": "floor", "type": "number"}))["contract"]
    )


def test_a_text_of_before_is_no_key():
    record = written(version({"id": "contract", "type": "text"}), {}, given_as({"contract": FILE["key"]}))
    assert "must be the key of an upload" in wrong_in({}, record)["contract"]


def test_the_history_tells_the_names_of_files():
    told = custom_fields.with_names(given_as({"contract": FILE, "floor": 3}))
    assert told == given_as({"contract": "a.pdf", "floor": 3})


def test_nothing_but_the_id_or_the_key_of_an_object_is_taken():
    loaded = CustomFieldInputSchema().load({"id": "buyer", "value": {"id": 5, "$gt": 0}})
    assert loaded["value"] == {"id": 5}
    loaded = CustomFieldInputSchema().load({"id": "contract", "value": {**FILE, "uri": "/v1/attachments/5"}})
    assert loaded["value"] == {"key": FILE["key"]}
    for key in (None, 5, "a" * 256, {"$gt": ""}):
        with pytest.raises(ValidationError):
            CustomFieldInputSchema().load({"id": "contract", "value": {"key": key}})


def test_of_a_file_is_shown_what_people_may_know():
    shown = CustomFieldSchema().dump({"id": "contract", "value": {**FILE, "type": "a", "displayable": False}})
    told = {"id": 5, "name": "a.pdf", "uri": "/v1/attachments/5", "key": FILE["key"], "size": 9}
    assert shown == {"id": "contract", "value": told}
