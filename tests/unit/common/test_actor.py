"""Who asks, and what he may."""

import pytest

from services.common.actor import Actor
from services.common.errors import Forbidden, Unauthorized

PERSON = Actor(7, "widget", frozenset({"specialist"}), frozenset({3, 1}), 2, "Howard Tanner")


def test_an_actor_travels_whole() -> None:
    assert Actor.from_wire(PERSON.to_wire()) == PERSON
    assert Actor.from_wire(PERSON) is PERSON
    assert PERSON.to_wire()["team_ids"] == [1, 3]


def test_any_of_the_roles_will_do_and_none_is_forbidden() -> None:
    PERSON.needs("account_administrator", "specialist")
    with pytest.raises(Forbidden, match="account_administrator or auditor"):
        PERSON.needs("auditor", "account_administrator")
    with pytest.raises(Forbidden):
        Actor(8, "widget").needs("specialist")


def test_the_account_itself_passes_every_check() -> None:
    system = Actor.system("widget")
    system.needs("account_administrator")
    assert system.is_system
    assert not PERSON.is_system
    assert Actor.from_wire(system.to_wire()) == system


@pytest.mark.parametrize(
    "wire",
    [
        {},
        {"person_id": 7, "account": "widget"},
        {"person_id": "seven", "account": "widget", "roles": []},
        {"person_id": 7, "account": None, "roles": []},
        {"person_id": 7, "account": "widget", "roles": ["emperor"]},
        {"person_id": 7, "account": "widget", "roles": [["specialist"]]},
    ],
)
def test_what_is_no_actor_is_nobody(wire: dict[str, object]) -> None:
    with pytest.raises(Unauthorized):
        Actor.from_wire(wire)
