"""Values of custom fields: held to the form as a whole, kept or named, never dropped unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from services.organizations.model import custom_fields, patterns
from services.organizations.model.custom_fields import Referred, written
from services.organizations.model.custom_values import NoFile
from services.organizations.model.rules import RuleBroken
from services.organizations.schemas.ui_extensions import CustomFieldInputSchema
from tests.unit.organizations.custom_form import (
    FIELDS,
    FILE,
    FITTING,
    FORM,
    given_as,
    values_of,
    version,
    wrong_in,
)


def test_what_is_kept_names_the_form_it_was_written_with():
    kept = written(FORM, {}, given_as(FITTING))
    assert kept["ui_extension_version_id"] == 1
    assert kept["ui_extension_id"] == 50
    assert values_of(kept) == {**FITTING, "colors": ["red", "blue"]}
    assert tuple(kept) == custom_fields.KEPT


@pytest.mark.parametrize(
    ("id", "value"),
    [
        ("contact", "A"),
        ("contact", "A" * 21),
        ("contact", 5),
        ("contact", ["Ann"]),
        ("code", "NL12"),
        ("code", "NL-12\n-"),
        ("code", "N" * (patterns.MAX_TEXT + 1)),
        ("floor", -3),
        ("floor", 40.5),
        ("floor", True),
        ("floor", "three"),
        ("floor", float("nan")),
        ("since", "1999-12-31"),
        ("since", "2025-02-30"),
        ("since", "20250131"),
        ("since", 2025),
        ("color", "pink"),
        ("color", ["red"]),
        ("colors", "red"),
        ("colors", ["pink"]),
        ("colors", ["red", "blue", "green"]),
        ("ours", "perhaps"),
        ("ours", 2),
        ("buyer", "7"),
        ("buyer", True),
        ("buyer", 0),
        ("buyer", 2**53),
        ("buyer", {"id": None}),
        ("buyer", FILE),
        ("contract", "a.pdf"),
        ("contract", {"key": FILE["key"]}),
        ("contract", {"id": 5}),
        ("contract", 5),
        ("contract", [FILE]),
        ("contract", NoFile("is gone")),
        ("contact", FILE),
        ("unheard_of", 1),
    ],
)
def test_what_does_not_fit_is_refused_by_name(id, value):
    assert list(wrong_in({**FITTING, id: value})) == [id]


@pytest.mark.parametrize(
    ("id", "value", "kept"),
    [
        ("floor", "12", 12),
        ("floor", "-1.5", -1.5),
        ("ours", "Yes", True),
        ("ours", "0", False),
        ("contact", "  Ann ", "Ann"),
        ("buyer", {"id": 9}, 9),
        ("colors", ["green", "red", "red"], ["red", "green"]),
    ],
)
def test_what_means_the_same_is_kept_alike(id, value, kept):
    assert values_of(written(FORM, {}, [{"id": id, "value": value}])) == {id: kept}


subsets = st.sets(st.sampled_from(sorted(FITTING))).map(lambda ids: {id: FITTING[id] for id in ids})
changes = st.dictionaries(st.sampled_from(sorted(FITTING)), st.booleans()).map(
    lambda drawn: {id: FITTING[id] if there else None for id, there in drawn.items()}
)


@given(subsets, changes, changes)
def test_a_write_changes_what_it_names_and_keeps_the_rest_in_the_order_of_the_form(first, second, third):
    record = written(FORM, {}, given_as(first))
    for change in (second, third):
        after = written(FORM, record, given_as(change))
        wanted = {**values_of(record), **values_of(written(FORM, {}, given_as(change)))}
        for id, value in change.items():
            if value is None:
                wanted.pop(id, None)
        assert values_of(after) == wanted
        ids = [each["id"] for each in after["custom_fields"]]
        assert ids == [each["id"] for each in FIELDS if each["id"] in wanted]
        assert written(FORM, after, given_as(change)) == after
        assert written(FORM, after, []) == after
        record = after


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(list(FITTING.values())),
    st.lists(st.sampled_from(["red", "blue", "pink"]), max_size=3),
    st.fixed_dictionaries({"id": st.one_of(st.integers(), st.none(), st.text(max_size=2))}),
)


@given(st.sampled_from([each["id"] for each in FIELDS]), anything)
def test_whatever_is_given_is_kept_so_that_it_fits_again_or_refused(id, value):
    try:
        kept = written(FORM, {}, [{"id": id, "value": value}])
    except RuleBroken as refused:
        named = [name for name, _ in refused.errors]
    else:
        named = [f"custom_fields.{id}"]
        assert written(FORM, {}, kept["custom_fields"]) == kept
    assert named == [f"custom_fields.{id}"]


def test_a_field_is_given_once():
    twice = [{"id": "floor", "value": 1}, {"id": "floor", "value": 2}]
    with pytest.raises(RuleBroken) as refused:
        written(FORM, {}, twice)
    assert refused.value.errors == (("custom_fields.floor", "is given more than once"),)


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_what_is_required_is_there_when_fields_are_written_and_cannot_be_cleared(nothing):
    form = version({"id": "contact", "type": "text", "required": True}, {"id": "floor", "type": "number"})
    assert wrong_in({"floor": 1}, form=form) == {"contact": "is required"}
    record = written(form, {}, given_as({"contact": "Ann"}))
    assert values_of(written(form, record, given_as({"floor": 1}))) == {"contact": "Ann", "floor": 1}
    assert wrong_in({"contact": nothing}, record, form) == {"contact": "is required"}


def test_a_required_box_may_stay_empty_but_must_have_been_looked_at():
    form = version({"id": "ours", "type": "check_box", "required": True})
    assert values_of(written(form, {}, given_as({"ours": False}))) == {"ours": False}
    assert wrong_in({"ours": None}, form=form) == {"ours": "is required"}


def test_without_a_form_nothing_is_taken():
    assert written(None, {}, []) == {}
    with pytest.raises(RuleBroken) as refused:
        written(None, {}, given_as({"floor": 1}))
    assert refused.value.code == "no_ui_extension"


def test_values_of_an_older_version_are_carried_and_what_no_longer_fits_is_named():
    old = written(FORM, {}, given_as({"contact": "Ann", "floor": 3, "color": "red", "ours": True}))
    new = version(
        {"id": "floor", "type": "number", "max": 2},
        {"id": "color", "type": "select", "options": [{"value": "black"}]},
        {"id": "contact", "type": "text"},
        {"id": "score", "type": "number"},
        id=2,
        number=2,
    )
    wrong = wrong_in({"score": 1}, old, new)
    assert set(wrong) == {"floor", "color", "ours"}
    assert wrong["floor"] == (
        "has a value that no longer fits Details, version 2: must not be more than 2. "
        "Give another one, or null to clear it"
    )
    assert "is not in the form" in wrong["ours"]
    settled = {"score": 1, "floor": 2, "color": None, "ours": None}
    after = written(new, old, given_as(settled))
    assert values_of(after) == {"floor": 2, "contact": "Ann", "score": 1}
    assert [each["id"] for each in after["custom_fields"]] == ["floor", "contact", "score"]
    assert after["ui_extension_version_id"] == 2
    assert list(wrong_in({"ours": None}, after, new)) == ["ours"]  # it is gone: there is no such field


def test_only_references_that_are_new_are_looked_up():
    form = version(
        {"id": "buyer", "type": "reference", "reference": "person"},
        {"id": "office", "type": "reference", "reference": "site"},
    )
    record = written(form, {}, given_as({"buyer": 7}))
    assert list(custom_fields.references(form, {}, record)) == [
        Referred("custom_fields.buyer", "person", 7, carried=False)
    ]
    after = written(form, record, given_as({"office": 3}))
    assert [each.kind for each in custom_fields.references(form, record, after)] == ["site"]
    team = version({"id": "buyer", "type": "reference", "reference": "team"}, id=2)
    carried = written(team, record, [])
    assert list(custom_fields.references(team, record, carried)) == [
        Referred("custom_fields.buyer", "team", 7, carried=True)
    ]


def test_a_record_does_not_grow_without_bound():
    form = version(*({"id": f"f{n}", "type": "text"} for n in range(6)))
    assert list(wrong_in({f"f{n}": "x" * 16_000 for n in range(6)}, form=form)) == ["custom_fields"]


def test_the_history_holds_what_was_changed():
    old, new = given_as({"a": 1, "b": 2, "c": 3}), given_as({"b": 2, "c": 4, "d": 5})
    assert custom_fields.differing(old, new) == [given_as({"a": 1, "c": 3}), given_as({"c": 4, "d": 5})]


def test_a_field_that_was_ever_internal_is_not_open():
    fields = [{"id": "a", "internal": False}, {"id": "b", "internal": False}, {"id": "b", "internal": True}]
    assert custom_fields.open_to_all(fields) == {"a"}
    assert custom_fields.only(given_as({"a": 1, "b": 2}), {"a"}) == given_as({"a": 1})


@pytest.mark.parametrize(
    "value", ["a\x00", "x" * 16_385, "e" + "\u0301" * 31, ["a", 1], [["a"]], ["a"] * 501, [{}]]
)
def test_what_nobody_could_mean_does_not_reach_the_form(value):
    with pytest.raises(ValidationError):
        CustomFieldInputSchema().load({"id": "contact", "value": value})
