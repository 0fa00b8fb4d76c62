"""The notifications service as a process, on a real broker and database: what it is told it tells once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from services.common.clock import iso
from tests.integration.notifications.conftest import Desk
from tests.waiting import wait_until

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
REQUESTS = count(1)


@pytest.fixture
def alive(desk: Desk) -> Desk:
    """Whatever an earlier test did."""
    if not desk.alive:
        desk.start()
    return desk


def said(desk: Desk, request: int, n: int, **fields: Any) -> dict[str, Any]:
    """What the requests service says: the administrator has it, unless something else is said."""
    at = iso(NINE + timedelta(minutes=n))
    return {
        "request_id": request,
        "n": n,
        "at": at,
        "since": at,
        "by_id": None,
        "status": "assigned",
        "own_team_id": None,
        "own_member_id": desk.owner,
        "turn": None,
        "came_back": False,
        "customer_account": None,
        "requested_by_id": None,
        "requested_for_id": None,
        **fields,
    }


def say(desk: Desk, *situations: dict[str, Any]) -> None:
    for each in situations:
        desk.say("requests", "request.situation_changed", each)


def heard(desk: Desk, request: int, n: int) -> None:
    wait_until(lambda: (desk.known(request) or {}).get("n") == n)


def opened(desk: Desk, request: int) -> list[str]:
    return [each["reason"] for each in desk.entries(request) if each["open"]]


def test_what_is_said_twice_or_late_is_told_once(alive: Desk) -> None:
    request = next(REQUESTS)
    back = said(alive, request, 4, turn="returned", came_back=True)
    say(alive, said(alive, request, 2), back, said(alive, request, 3, status="waiting_for_customer"), back)
    heard(alive, request, 4)
    say(alive, said(alive, request, 2), back, said(alive, request, 5, turn="returned", since=back["since"]))
    heard(alive, request, 5)
    wait_until(lambda: opened(alive, request) == ["assigned"])
    returned = [each for each in alive.entries(request) if each["reason"] == "returned"]
    assert [each["open"] for each in returned] == [False]


@pytest.mark.parametrize("place", ["before_save", "after_save", "after_event"])
def test_after_a_crash_an_entry_is_there_once_and_the_one_before_it_is_closed(desk: Desk, place: str) -> None:
    request = next(REQUESTS)
    desk.account.stop("notifications")
    desk.start(INTERDESK_CRASH_AT=f"notifications.{place}:2")
    say(desk, said(desk, request, 1))
    heard(desk, request, 1)
    say(desk, said(desk, request, 2, turn="returned", came_back=True))
    wait_until(lambda: not desk.alive)
    desk.start()
    heard(desk, request, 2)
    wait_until(lambda: opened(desk, request) == ["returned"])
    assert [each["reason"] for each in desk.entries(request)] == ["assigned", "returned"]


def test_what_was_said_while_it_was_away_is_told_as_it_stands(alive: Desk) -> None:
    moved, over = next(REQUESTS), next(REQUESTS)
    alive.account.stop("notifications")
    say(alive, *(said(alive, moved, n) for n in range(1, 6)))
    say(alive, said(alive, over, 1), said(alive, over, 2, status="completed"))
    alive.start()
    heard(alive, moved, 5)
    heard(alive, over, 2)
    wait_until(lambda: opened(alive, over) == [])
    newest = NINE + timedelta(minutes=5)
    wait_until(lambda: [each["at"] for each in alive.entries(moved) if each["open"]] == [newest])


def breach(request: int, minutes: int = 0) -> dict[str, Any]:
    """What the slas service says: whoever has the request shall hear of it."""
    return {
        "id": 17,
        "request_id": request,
        "sla_id": 3,
        "goal": "resolution",
        "percent": 100,
        "at": iso(NINE + timedelta(minutes=minutes)),
        "first_line_team_id": None,
        "support_team_id": None,
        "service_owner_id": None,
        "notify": ["current_assignee"],
    }


def test_an_alarm_that_is_heard_before_its_request_finds_who_has_it(alive: Desk) -> None:
    request = next(REQUESTS)
    alive.say("slas", "affected_sla.breached", breach(request, 30))
    wait_until(lambda: alive.database["tellings"].find_one({"_id": request}) is not None)
    say(alive, said(alive, request, 1))
    wait_until(lambda: sorted(opened(alive, request)) == ["assigned", "breached"])


def test_an_alarm_that_comes_twice_is_told_once_also_when_it_was_over_in_between(alive: Desk) -> None:
    request = next(REQUESTS)
    alarm = breach(request)
    say(alive, said(alive, request, 1))
    heard(alive, request, 1)
    alive.say("slas", "affected_sla.breached", alarm)
    wait_until(lambda: opened(alive, request) == ["assigned", "breached"])
    say(alive, said(alive, request, 2, status="completed"), said(alive, request, 3))
    heard(alive, request, 3)
    alive.say("slas", "affected_sla.breached", alarm)
    say(alive, said(alive, request, 4, own_member_id=None))
    heard(alive, request, 4)
    wait_until(lambda: opened(alive, request) == [])
    assert [each["reason"] for each in alive.entries(request)].count("breached") == 1
