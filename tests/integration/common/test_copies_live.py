"""Copies between processes: a snapshot at start, then events, and the owner is asked on a miss."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Unavailable
from tests.waiting import wait_until


def names(caller: Any) -> dict[int, str]:
    return {team["id"]: team["name"] for team in caller.call("requests", "known_teams")}


def test_copies_follow_their_owner(deployment: Any, caller: Any) -> None:
    deployment.start("organizations")
    for id in range(1, 4):
        caller.call("organizations", "save_team", id, f"Team {id}")
    process = deployment.start("requests")
    wait_until(lambda: names(caller) == {1: "Team 1", 2: "Team 2", 3: "Team 3"})

    caller.call("organizations", "save_team", 2, "Networks")
    caller.call("organizations", "save_team", 4, "Service Desk")
    wait_until(lambda: names(caller) == {1: "Team 1", 2: "Networks", 3: "Team 3", 4: "Service Desk"})

    process.kill()
    caller.call("organizations", "save_team", 3, "Storage")
    deployment.start("requests")
    wait_until(lambda: names(caller)[3] == "Storage")


def test_what_is_not_here_is_asked_of_the_owner(deployment: Any, caller: Any) -> None:
    deployment.start("requests", "organizations")
    # Written behind the service's back: no event tells of it.
    teams = deployment.database("organizations")["teams"]
    teams.insert_one({"_id": 9, "version": 3, "name": "Unheard", "secret": "not part of the shape"})
    assert caller.call("requests", "team", 9) == {"id": 9, "version": 3, "name": "Unheard"}
    assert caller.call("requests", "team", 10) is None


def test_work_goes_on_while_the_owner_is_away(deployment: Any, caller: Any) -> None:
    process = deployment.start("organizations")
    caller.call("organizations", "save_team", 1, "Networks")
    deployment.start("requests", rpc_timeout_seconds="1")
    wait_until(lambda: names(caller) == {1: "Networks"})
    process.kill()
    assert caller.call("requests", "team", 1)["name"] == "Networks"
    with pytest.raises(Unavailable) as silent:
        caller.call("requests", "team", 2)
    assert silent.value.code == "service_silent"
