"""The form of a UI extension is whole or is not kept, and its versions follow each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import forms, ui_extensions
from services.organizations.model.rules import RuleBroken
from services.organizations.schemas.ui_extensions import FormFieldSchema

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def field(type="text", id="color", **more):
    return {"id": id, "label": id.capitalize(), "type": type, **more}


def wrong_in(*fields):
    with pytest.raises(RuleBroken) as refused:
        forms.form(fields)
    assert refused.value.code == "form_malformed"
    return dict(refused.value.errors)


RED = {"value": "red", "label": "Red"}


def test_a_field_is_internal_unless_it_is_said_otherwise():
    kept = forms.form([field(), field(id="size", internal=False)])
    assert [each["internal"] for each in kept] == [True, False]
    assert kept[0]["required"] is False


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ([field(), field()], "fields.1.id"),
        ([field("select")], "fields.0.options"),
        ([field("multi_select", options=[])], "fields.0.options"),
        ([field("select", options=[RED, RED])], "fields.0.options"),
        ([field("text", options=[RED])], "fields.0.options"),
        ([field("reference")], "fields.0.reference"),
        ([field("date", reference="person")], "fields.0.reference"),
        ([field("number", pattern="a")], "fields.0.pattern"),
        ([field("text", pattern="(a")], "fields.0.pattern"),
        ([field("check_box", min=1)], "fields.0.min"),
        ([field("reference", reference="site", min="x")], "fields.0.min"),
        ([field("text", min=-1)], "fields.0.min"),
        ([field("text", max=1.5)], "fields.0.max"),
        ([field("text", min=3, max=2)], "fields.0.max"),
        ([field("date", min=5)], "fields.0.min"),
        ([field("date", min="2025-02-30")], "fields.0.min"),
        ([field("date", min="2025-02-02", max="2025-02-01")], "fields.0.max"),
        ([field("number", max="2025-02-02")], "fields.0.max"),
        ([field(id=f"f{n}", help_text="x" * 1000) for n in range(70)], "fields"),
    ],
)
def test_what_is_wrong_with_a_form_is_named(fields, named):
    with pytest.raises(RuleBroken) as refused:
        forms.form(fields)
    assert refused.value.code == "form_malformed"
    assert [name for name, _ in refused.value.errors] == [named]


def test_all_that_is_wrong_is_told_at_once():
    wrong = wrong_in(field("select"), field(pattern="("), field("reference", id="who"))
    assert set(wrong) == {"fields.0.options", "fields.1.id", "fields.1.pattern", "fields.2.reference"}
    assert wrong["fields.2.reference"].startswith("who: ")


@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.sampled_from(["a", "b", "c"]), "type": st.sampled_from(forms.TYPES)},
            optional={
                "options": st.lists(st.sampled_from([RED, {"value": "blue"}]), max_size=3),
                "reference": st.sampled_from([None, *forms.CATEGORIES]),
                "pattern": st.sampled_from([None, "a+", "a{", ""]),
                "min": st.one_of(st.none(), st.integers(-2, 5), st.just("2025-01-31"), st.just("x")),
                "max": st.one_of(st.none(), st.floats(-2, 5), st.just("2025-01-31"), st.just(10**400)),
                "required": st.booleans(),
                "internal": st.booleans(),
            },
        ),
        max_size=4,
    )
)
def test_a_form_is_kept_as_it_would_be_kept_again_or_refused_by_name(fields):
    try:
        kept = forms.form([{"label": "Label", **each} for each in fields])
    except RuleBroken as refused:
        named = {name.split(".")[0] for name, _ in refused.errors}
    else:
        named = {"fields"}
        ids = [each["id"] for each in kept]
        assert ids == [each["id"] for each in fields]
        assert len(ids) == len(set(ids))
        assert forms.form(kept) == kept
    assert named == {"fields"}


def test_a_bound_that_is_no_number_is_refused_before():
    malformed: list[Any] = ["soon", True, [], float("inf"), float("nan"), 10**16, "2025-01-1"]
    for bound in malformed:
        assert "min" in FormFieldSchema().validate(field("number", min=bound))
    assert not FormFieldSchema().validate(field("number", min=-1.5))


@given(st.lists(st.sampled_from(["edit", "activate", "disable", "enable"]), max_size=12))
def test_an_extension_has_at_most_one_version_prepared_and_one_active(moves):
    state: dict[str, Any] = {"category": "person", "disabled": False}
    state |= {"active_version": None, "prepared_version": None}
    frozen: dict[int, Any] = {}
    for id, move in enumerate(moves):
        if move == "edit":
            state = ui_extensions.prepared(state, forms.form([field(id=f"f{id}")]), id, NOW)
        elif move == "activate":
            if state["prepared_version"] is None:
                with pytest.raises(RuleBroken, match="nothing_prepared"):
                    ui_extensions.activated(state, NOW)
                continue
            state = ui_extensions.activated(state, NOW)
            frozen[state["active_version"]["id"]] = state["active_version"]["fields"]
        else:
            state = {**state, "disabled": move == "disable"}
        versions = ui_extensions.versions(state)
        assert [each["number"] for each in versions] == list(range(1, len(versions) + 1))
        assert [each["status"] for each in versions] == sorted(
            (each["status"] for each in versions),
            key=["archived", "active", "being_prepared"].index,
        )
        assert len({each["id"] for each in versions}) == len(versions)
        assert all(each["fields"] == frozen.get(each["id"], each["fields"]) for each in versions)
        stands = ui_extensions.keyed(state).get("stands_for")
        assert (stands == "person") == (state["active_version"] is not None and not state["disabled"])


def test_a_form_without_fields_and_one_too_many_are_refused():
    state = {"category": "person", "disabled": False}
    with pytest.raises(RuleBroken) as refused:
        ui_extensions.activated(ui_extensions.prepared(state, [], 1, NOW), NOW)
    assert refused.value.code == "form_empty"
    full = {**state, "archived_versions": [{"id": n} for n in range(ui_extensions.MAX_VERSIONS)]}
    with pytest.raises(RuleBroken) as refused:
        ui_extensions.prepared(full, [field()], 1, NOW)
    assert refused.value.code == "too_many_versions"


def test_the_history_names_the_fields_that_came_went_and_changed():
    old = forms.form([field(), field(id="size")])
    new = forms.form([field(id="size"), field(required=True), field(id="shape")])
    assert forms.differing(old, new) == {
        "fields": [["color", "size"], ["size", "color", "shape"]],
        "changed_fields": [[], ["color"]],
    }
    assert forms.differing(old, old) == {}
