"""A command says who may call it, and is a plain method to whoever calls it plainly."""

from typing import Any

import pytest

from services.common.actor import Actor
from services.common.entrypoints import EVERYONE, SERVICES, command
from services.common.errors import Forbidden, Unauthorized


class Service:
    name = "requests"

    @command(EVERYONE)
    def anybody(self, actor: Actor, word: str) -> str:
        return f"{actor.name} {word}"

    @command({"specialist", "account_administrator"})
    def some(self, actor: Actor) -> str:
        return actor.name

    @command(SERVICES | {"account_administrator"})
    def services_or_administrators(self, actor: Actor) -> str:
        return actor.name


def person(*roles: str) -> dict[str, Any]:
    return Actor(1, "widget", frozenset(roles), name="P").to_wire()


def test_who_may_call_is_checked_before_anything_is_done() -> None:
    service = Service()
    assert service.anybody(person(), "word") == "P word"
    assert service.some(person("specialist")) == "P"
    assert service.some(Actor.system("widget")) == "widget"
    assert service.services_or_administrators(person("account_administrator")) == "P"
    for refused in (person(), person("auditor")):
        with pytest.raises(Forbidden):
            service.some(refused)
    with pytest.raises(Forbidden):
        service.services_or_administrators(person("specialist"))
    with pytest.raises(Unauthorized):
        service.anybody({"name": "nobody"}, "word")


@pytest.mark.parametrize("allowed", [(), {"emperor"}, {"specialist", "emperor"}])
def test_a_command_for_nobody_we_know_is_refused_when_it_is_written(allowed: Any) -> None:
    with pytest.raises(ValueError, match="who may call it"):
        command(allowed)
