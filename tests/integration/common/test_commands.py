"""Commands between processes: at most once, errors as values, no caller waits for ever."""

from __future__ import annotations

import dataclasses
import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.actor import Actor
from services.common.errors import Forbidden, Internal, Invalid, Unavailable
from tests.waiting import wait_until


def test_commands_are_answered_with_values_or_errors_as_they_are(deployment: Any, caller: Any) -> None:
    deployment.start("requests")

    value = {
        "at": datetime(2026, 1, 5, tzinfo=UTC),
        "bytes": b"\x00\xff",
        "$date": "mine",
        "n": [1, None, 0.5],
    }
    assert caller.call("requests", "echo", value) == value
    look_alike = {"__type__": "datetime", "__value__": "none"}
    assert caller.call("requests", "echo", look_alike) == look_alike

    with pytest.raises(Invalid) as refused:
        caller.call("requests", "refuse")
    assert refused.value.code == "validation_failed"
    assert refused.value.errors == [("subject", "is missing")]

    with pytest.raises(Internal) as failed:
        caller.call("requests", "break_down")
    assert "secret" not in str(failed.value)

    for method, args, expected in (
        ("unspeakable", (), Internal),
        ("no_such_command", (), Internal),
        ("echo", (), Internal),
        ("echo", (1, 2, 3), Internal),
    ):
        with pytest.raises(expected):
            caller.call("requests", method, *args)
    assert caller.call("requests", "echo", "still alive") == "still alive"


def test_who_may_call_is_checked_for_every_command(deployment: Any, caller: Any) -> None:
    deployment.start("requests")
    nobody = dataclasses.replace(caller.person, roles=frozenset())
    stranger = dataclasses.replace(caller.person, account="gigatera")
    system = Actor.system(deployment.account)

    assert caller.call("requests", "for_specialists") == "Howard Tanner"
    assert caller.call("requests", "for_services", actor=system) is True
    assert caller.call("requests", "for_specialists", actor=system) == deployment.account
    for method, actor in (
        ("for_specialists", nobody),
        ("for_services", caller.person),
        ("echo", stranger),
        ("for_services", Actor.system("gigatera")),
    ):
        args = (1,) if method == "echo" else ()
        with pytest.raises(Forbidden):
            caller.call("requests", method, *args, actor=actor)


def test_a_call_of_a_service_that_is_away_ends_in_time(deployment: Any, caller: Any) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable) as unknown:
        caller.call("requests", "echo", 1)
    assert unknown.value.code == "service_unknown"
    assert time.monotonic() - started < 5

    deployment.start("requests").kill()
    with pytest.raises(Unavailable) as silent:
        caller.call("requests", "slow", 0, "of the dead", timeout=1)
    assert silent.value.code == "service_silent"

    deployment.start("requests")
    caller.call("requests", "echo", 1)
    assert deployment.database("requests")["slow"].count_documents({}) == 0, "nobody waited for it any more"


def test_a_command_that_was_interrupted_does_not_run_again(deployment: Any, caller: Any) -> None:
    process = deployment.start("requests", crash_at="requests.before_reply")
    errors: list[Unavailable] = []

    def ask() -> None:
        try:
            caller.call("requests", "slow", 0, "once", timeout=30)
        except Unavailable as error:
            errors.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    wait_until(lambda: not process.alive)
    deployment.start("requests")
    asking.join(30)
    assert [error.code for error in errors] == ["interrupted"]
    assert deployment.database("requests")["slow"].count_documents({}) == 1


def test_many_callers_share_one_client(deployment: Any, caller: Any) -> None:
    deployment.start("requests")
    answers: dict[int, Any] = {}

    def ask(number: int) -> None:
        answers[number] = [caller.call("requests", "echo", [number, nth]) for nth in range(10)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {number: [[number, nth] for nth in range(10)] for number in range(16)}


def test_request_id_and_trace_follow_a_call_and_no_other_header_does(deployment: Any, caller: Any) -> None:
    deployment.start("requests", "organizations")
    seen = caller.call("requests", "traced")
    there = seen.pop("there")
    assert there == seen
    assert set(seen) == {"request_id", "traceparent"}


def test_calls_that_wait_for_each_other_end_in_time(deployment: Any, caller: Any) -> None:
    deployment.start("requests", workers="1")
    with pytest.raises(Unavailable) as silent:
        caller.call("requests", "call", "requests", "refuse", 1.0)
    assert silent.value.code == "service_silent"
    assert caller.call("requests", "echo", 1) == 1
