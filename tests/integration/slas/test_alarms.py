"""What falls due of affected SLAs is told once, in order, whoever looks and whatever fails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.common.clock import SteppedClock, iso
from services.slas import store
from services.slas.actions import affected, alarms, counting
from services.slas.model.clocks import RESOLUTION, RESPONSE, STATES
from tests.integration.slas.accounts import Side
from tests.integration.slas.situations import Document, at, events, said, told


def test_each_alarm_is_told_once_and_in_its_order(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    for minutes in (29, 30, 45, 53, 54, 60, 239, 240, 360, 432, 479, 480, 600):
        clock.set(at(9) + timedelta(minutes=minutes))
        alarms.raise_due(gigatera.context)
        assert alarms.raise_due(gigatera.context) == 0
    both = [(goal, percent) for goal in (RESPONSE, RESOLUTION) for percent in (50, 75, 90, 100)]
    expected = [("breached" if percent == 100 else "at_risk", goal, percent) for goal, percent in both]
    assert told(gigatera) == expected


def test_after_days_without_service_only_the_latest_of_each_target_is_told(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    clock.set(at(9, days=4))
    assert alarms.raise_due(gigatera.context) == 2
    assert told(gigatera) == [("breached", RESPONSE, 100), ("breached", RESOLUTION, 100)]
    assert gigatera.context.database[store.AFFECTED_SLAS].count_documents({"due": {"$exists": True}}) == 0


def test_after_days_without_service_what_became_of_a_request_is_heard_before_anything_is_told_of_it(
    gigatera: Side, handed_over: Document, clock: SteppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "BATCH", 1)  # what waits is in nobody's way
    context, requests = gigatera.context, gigatera.directory
    affected.follow(context, said(1, at(9), **handed_over))
    affected.follow(context, {**said(1, at(9), **handed_over), "request_id": 2})
    requests.situations |= {1: 2, 2: 1}
    clock.set(at(9, days=4))
    assert alarms.raise_due(context) == 2
    assert {each["request_id"] for each in events(gigatera)} == {2}
    in_time = {**handed_over, "status": "completed", "completion_reason": "solved"}
    affected.follow(context, said(2, at(9, 20), **in_time))
    assert alarms.raise_due(context) == 0
    assert {each["request_id"] for each in events(gigatera)} == {2}


@pytest.mark.parametrize("silent", [False, True])
def test_what_is_not_heard_for_long_keeps_nobody_from_being_told(
    gigatera: Side, handed_over: Document, clock: SteppedClock, silent: bool
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    gigatera.directory.situations[1] = 1 if silent else 2
    gigatera.directory.silent = silent
    clock.set(at(9, 31))
    assert alarms.raise_due(gigatera.context) == 0
    clock.step(minutes=14)
    assert alarms.raise_due(gigatera.context) == 0
    clock.step(minutes=1)
    assert alarms.raise_due(gigatera.context) == 1
    assert told(gigatera) == [("at_risk", RESPONSE, 75)]


def test_two_who_raise_the_same_alarms_tell_each_once(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    for request_id in range(1, 9):
        begun = {**said(1, at(9), **handed_over), "request_id": request_id}
        affected.follow(gigatera.context, begun)
    clock.set(at(9, 31))
    with ThreadPoolExecutor(3) as pool:
        counts = list(pool.map(lambda _: alarms.raise_due(gigatera.context), range(3)))
    assert sum(counts) == 8
    assert told(gigatera) == [("at_risk", RESPONSE, 50)] * 8


def test_every_replica_shows_what_one_has_counted_of_the_clocks(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    waits = {**handed_over, "status": "waiting_for_customer", "waiting_since": iso(at(9))}
    affected.follow(gigatera.context, {**said(1, at(9), **waits), "request_id": 2})
    ended = {**handed_over, "status": "completed", "completion_reason": "solved"}
    affected.follow(gigatera.context, {**said(1, at(9), **ended), "request_id": 3})
    assert shown(gigatera) == {"running": 1, "standing": 1}
    for minutes, state in ((31, "at_risk"), (61, "breached")):
        clock.set(at(9) + timedelta(minutes=minutes))
        alarms.raise_due(gigatera.context)
        assert shown(gigatera)[state] >= 1
    counted = shown(gigatera)
    assert sum(counted.values()) == 2, "each is counted once"


def shown(side: Side) -> dict[str, float]:
    counting.count(side.context)
    counting.show(side.context)
    found = {state: counting.CLOCKS.labels(side.context.account, "slas", state) for state in STATES}
    return {state: each._value.get() for state, each in found.items() if each._value.get()}


def test_one_that_fails_keeps_no_other_waiting(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    for request_id in (1, 2, 3):
        begun = {**said(1, at(9), **handed_over), "request_id": request_id}
        affected.follow(gigatera.context, begun)
    stored = gigatera.context.database[store.AFFECTED_SLAS]
    stored.update_one({"request_id": 1}, {"$set": {"due": at(8)}, "$unset": {"sla_id": ""}})
    clock.set(at(9, 31))
    with pytest.raises(KeyError):
        alarms.raise_due(gigatera.context)
    assert told(gigatera) == [("at_risk", RESPONSE, 50)] * 2


def test_a_clock_that_stands_falls_due_when_it_runs_again(
    gigatera: Side, handed_over: Document, clock: SteppedClock
) -> None:
    affected.follow(gigatera.context, said(1, at(9), **handed_over))
    waits = {**handed_over, "status": "waiting_for_customer"}
    affected.follow(gigatera.context, said(2, at(9, 10), **waits))
    clock.set(at(16))
    assert alarms.raise_due(gigatera.context) == 0
    affected.follow(gigatera.context, said(3, at(16), **handed_over))
    assert alarms.raise_due(gigatera.context) == 0
    clock.set(at(16, 20))
    assert alarms.raise_due(gigatera.context) == 1
