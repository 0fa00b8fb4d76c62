import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.roles import ROLES, is_administrator
from services.organizations.model import roles
from services.organizations.model.rules import MalformedTable, RuleBroken

FREE = {"specialist", "auditor", "account_designer", "account_administrator", "key_contact"}


def test_specialist_is_prerequisite_of_all_roles_but_auditor_designer_administrator_and_key_contact():
    for role in roles.ROLES:
        if role in FREE:
            assert roles.checked([role]) == (role,)
        else:
            with pytest.raises(RuleBroken) as refused:
                roles.checked([role])
            assert refused.value.code == "role_prerequisite"
            assert "specialist" in refused.value.message
            assert roles.checked([role, "specialist"]) == ("specialist", role)


def test_the_end_user_role_is_everybodys_and_cannot_be_granted():
    with pytest.raises(RuleBroken) as refused:
        roles.checked(["end_user"])
    assert refused.value.code == "unknown_role"
    assert refused.value.errors == (("roles", "unknown: end_user"),)


@given(st.lists(st.sampled_from(sorted(roles.ROLES))))
def test_granted_roles_are_each_once_in_one_order_and_stay_granted(wanted):
    granted = roles.checked([*wanted, "specialist"])
    assert set(granted) == {*wanted, "specialist"}
    assert roles.checked(reversed(granted)) == granted


def test_these_are_the_roles_that_an_actor_may_have():
    assert set(roles.ROLES) == ROLES


def test_the_founder_holds_a_set_of_roles_that_may_be_granted():
    assert set(roles.checked(roles.FOUNDER)) == set(roles.FOUNDER)
    assert is_administrator(roles.FOUNDER)


@pytest.mark.parametrize(
    "table",
    [
        {**roles.ROLES, "flying_manager": "pilot"},
        {**roles.ROLES, "flying_manager": "problem_manager"},
        {role: needed for role, needed in roles.ROLES.items() if role != "account_owner"},
    ],
    ids=["prerequisite is no role", "prerequisite of a prerequisite", "the founder's is no role"],
)
def test_a_contradictory_role_table_is_refused(table):
    with pytest.raises(MalformedTable):
        roles.check_table(table)
