"""Who may do what is said in roles that there are."""

import pytest

from services.common import roles

GROUPS = {name: group for name, group in vars(roles).items() if isinstance(group, tuple)}


def test_there_are_groups_to_look_at() -> None:
    assert len(GROUPS) >= 10


@pytest.mark.parametrize("name", GROUPS)
def test_a_permission_names_roles_that_there_are_each_once(name: str) -> None:
    assert set(GROUPS[name]) <= roles.ROLES
    assert len(set(GROUPS[name])) == len(GROUPS[name])
