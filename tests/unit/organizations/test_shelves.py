from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import records, shapes, shelves
from services.organizations.model.rules import RuleBroken

NOW = datetime(2026, 11, 22, tzinfo=UTC)
GRACE = shapes.new(
    "person",
    {"name": "Grace", "primary_email": "Grace@Widget.example", "source": "hr", "sourceID": "1"},
    NOW,
)


def on(shelf):
    return shapes.edited("person", shelves.put(GRACE, shelf), {}, NOW)


@given(st.lists(st.sampled_from(sorted(shelves.VERBS)), max_size=6))
def test_what_is_restored_is_what_it_was(verbs):
    state = GRACE
    for verb in verbs:
        state = shapes.edited("person", shelves.put(state, shelves.VERBS[verb]), {}, NOW)
        assert state.get("shelf") == shelves.VERBS[verb]
    assert shapes.edited("person", shelves.put(state, None), {}, NOW) == GRACE


def test_what_is_archived_keeps_its_address_and_what_is_trashed_lets_it_go():
    assert on("archive")["email_key"] == "grace@widget.example"
    assert on("archive")["origin"] == GRACE["origin"]
    assert "email_key" not in on("trash")
    assert "origin" not in on("trash")
    assert on("trash")["primary_email"] == "Grace@Widget.example"


@pytest.mark.parametrize(
    ("shelf", "code"), [("archive", "archived_reference"), ("trash", "unknown_reference")]
)
def test_nothing_new_names_what_is_on_a_shelf(shelf, code):
    records.usable("manager_id", "person", GRACE)
    with pytest.raises(RuleBroken) as refused:
        records.usable("manager_id", "person", on(shelf))
    assert refused.value.code == code


@pytest.mark.parametrize(("shelf", "code"), [("archive", "archived_record"), ("trash", "not_found")])
def test_what_is_on_a_shelf_is_not_changed(shelf, code):
    shelves.in_use("person", GRACE)
    with pytest.raises(RuleBroken) as refused:
        shelves.in_use("person", on(shelf))
    assert refused.value.code == code


@pytest.mark.parametrize("shelf", shelves.SHELVES)
def test_to_other_services_what_is_on_a_shelf_is_disabled(shelf):
    assert shapes.copied("person", 5, GRACE)["disabled"] is False
    assert shapes.copied("person", 5, on(shelf))["disabled"] is True
