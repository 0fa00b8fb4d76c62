from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import records
from services.organizations.model.rules import RuleBroken

PARTNER = {"id": "gigatera", "name": "GigaTera"}


def refused_by(rule, *arguments):
    with pytest.raises(RuleBroken) as refused:
        rule(*arguments)
    return refused.value.code


@given(st.emails())
def test_an_email_address_is_one_login_whatever_its_case(address):
    assert records.email_key(address.upper()) == records.email_key(address.lower())
    assert records.email_key(f" {address} ") == records.email_key(address)


def test_a_foreign_record_is_changed_only_at_home():
    assert refused_by(records.own, "team", {"name": "Service Desk", "account": PARTNER}) == "foreign_record"
    records.own("team", {"name": "Service Desk"})


def test_people_may_change_their_picture_but_not_their_email_address():
    records.own_profile(["picture_uri", "time_zone"])
    with pytest.raises(RuleBroken) as refused:
        records.own_profile(["picture_uri", "primary_email", "disabled"])
    assert refused.value.code == "not_your_field"
    assert [field for field, _ in refused.value.errors] == ["disabled", "primary_email"]


@pytest.mark.parametrize(("kind", "code"), [("organization", "parent_circle"), ("person", "manager_circle")])
def test_nothing_is_above_itself(kind, code):
    assert refused_by(records.above, kind, 5, [7, 6, 5]) == code
    assert refused_by(records.above, kind, 5, [5]) == code
    records.above(kind, 5, [7, 6])
    records.above(kind, None, [7, 6])


@pytest.mark.parametrize("kind", sorted(records.HIERARCHIES))
def test_a_hierarchy_has_a_bottom(kind):
    assert refused_by(records.above, kind, None, range(records.MAX_DEPTH + 1)) == "too_deep"


def test_the_coordinator_of_a_team_is_a_member():
    records.coordinator(3, [1, 2, 3])
    records.coordinator(None, [])
    assert refused_by(records.coordinator, 4, [1, 2, 3]) == "coordinator_not_member"


def test_members_are_each_once():
    assert records.members([3, 1, 3]) == [1, 3]


def test_a_team_holds_as_many_members_as_its_document_should():
    assert len(records.members(range(records.MAX_MEMBERS))) == records.MAX_MEMBERS
    assert refused_by(records.members, range(records.MAX_MEMBERS + 1)) == "too_many_members"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (None, "unknown_reference"),
        ({"name": "Service Desk", "account": PARTNER}, "foreign_reference"),
        ({"name": "Service Desk", "disabled": True}, "disabled_reference"),
    ],
)
def test_a_reference_names_an_own_enabled_record(record, code):
    assert refused_by(records.usable, "team_id", "team", record) == code


def test_an_edit_that_changes_nothing_is_none():
    assert records.changed({"name": "A", "vip": True}, {"name": "A", "vip": True}) == {}
    assert records.changed({"name": "A"}, {"name": "B", "region": "EU"}) == {
        "name": ["A", "B"],
        "region": [None, "EU"],
    }


KNOWN: dict[int, dict[str, Any]] = {
    1: {"parent_id": None, "business_unit": True},
    2: {"parent_id": 1, "business_unit": False},
    3: {"parent_id": 2, "business_unit": True},
    4: {"parent_id": 3},
    5: {"parent_id": None},
    6: {"parent_id": 7},
    7: {"parent_id": 6},
}


@pytest.mark.parametrize(("id", "unit"), [(1, 1), (2, 1), (3, 3), (4, 3), (5, None), (6, None), (99, None)])
def test_an_organization_belongs_to_the_nearest_business_unit(id, unit):
    assert records.business_unit(id, KNOWN) == unit
