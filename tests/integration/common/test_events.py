"""Events between processes: handled with verdicts, parked when they can't be, never lost by a crash."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from services.common.actor import Actor
from services.common.crash import CrashPoints
from services.common.errors import Conflict, Forbidden, InterdeskError
from services.common.listing import ListQuery
from services.common.outbox import event_exchange
from services.common.parking import COLLECTION
from services.common.parking.queries import PARKED_EVENTS, get_parked_event, list_parked_events
from services.common.publishing import Outgoing
from tests.waiting import wait_until

ADMINISTRATOR = Actor(1, "widget", frozenset({"account_administrator"}), name="Ann")


def seen(deployment: Any) -> list[int]:
    return [document["request"] for document in deployment.database("slas")["seen"].find()]


def parked(deployment: Any) -> list[Any]:
    databases = {"slas": deployment.database("slas")}
    query = ListQuery.parse({"fields": "*"}, PARKED_EVENTS)
    return list(list_parked_events(databases, query, ADMINISTRATOR).items)


def test_each_verdict_does_what_it_says(deployment: Any, caller: Any) -> None:
    deployment.start("requests", "slas")
    ids = {
        kind: caller.call("requests", "create", fields)["id"]
        for kind, fields in {
            "park": {"handle": "park"},
            "bug": {"handle": "bug"},
            "later": {"handle": "later"},
            "two bugs": {"handle": "bug", "bugs": 2},
            "fine": {},
        }.items()
    }
    wait_until(lambda: ids["fine"] in seen(deployment))
    wait_until(lambda: set(seen(deployment)) == {ids["fine"], ids["later"], ids["two bugs"]})
    tries = deployment.database("slas")["tries"]
    assert tries.find_one({"_id": ids["later"]})["count"] == 3

    wait_until(lambda: [event["code"] for event in parked(deployment)] == ["not_wanted"])
    not_wanted = parked(deployment)[0]
    assert not_wanted["detail"] == "for a test"
    assert not_wanted["type"] == "request.saved"
    assert not_wanted["tries"] == 1


def test_what_fails_for_good_is_parked_with_its_bytes_and_can_be_replayed(
    deployment: Any, caller: Any
) -> None:
    deployment.start("requests", "slas")
    handler = "evt-requests-request.saved--slas.request_saved"
    # As the last of its tries, so that the test need not wait for those before.
    bug = {"id": 1, "fields": {"handle": "bug", "bugs": 1}}
    from services.common import bus_json

    caller.publisher.publish(
        Outgoing("", handler, bus_json.encode(bug), {"tries": 4}, message_id="m-1", type="request.saved"),
        Outgoing("", handler, b"\xff not ours", {}, "application/x-python-pickle", "m-2", "request.saved"),
    )
    wait_until(lambda: len(parked(deployment)) == 2)
    assert {event["message_id"]: event["code"] for event in parked(deployment)} == {
        "m-1": "internal_error",
        "m-2": "undecodable",
    }
    bug_id, garbage_id = (
        next(event["id"] for event in parked(deployment) if event["message_id"] == id)
        for id in ("m-1", "m-2")
    )
    kept = deployment.database("slas")[COLLECTION.name]
    assert kept.find_one({"_id": garbage_id})["body"] == b"\xff not ours"
    databases = {"slas": deployment.database("slas")}
    assert get_parked_event(databases, bug_id, ADMINISTRATOR)["payload"] == bug
    assert get_parked_event(databases, garbage_id, ADMINISTRATOR)["payload"] is None

    caller.call("slas", "replay_event", bug_id, actor=caller.administrator)
    wait_until(lambda: seen(deployment) == [1])
    caller.call("slas", "replay_event", garbage_id, actor=caller.administrator)  # the cause is still there
    wait_until(lambda: [event["id"] for event in parked(deployment)] == [garbage_id])
    caller.call("slas", "discard_event", garbage_id, actor=caller.administrator)
    assert parked(deployment) == []
    with pytest.raises(Conflict, match="not_parked"):
        caller.call("slas", "discard_event", garbage_id, actor=caller.administrator)
    with pytest.raises(Forbidden):
        caller.call("slas", "discard_event", garbage_id)


def test_an_event_carries_only_our_trace_into_its_handler(deployment: Any, caller: Any) -> None:
    deployment.start("requests", "slas")
    caller.call("requests", "create", {})
    document = wait_until(lambda: deployment.database("slas")["seen"].find_one())
    assert document["body"]["by"] == "Howard Tanner"


CRASHES = ("before_save", "after_save", "after_publish", "after_mark")
SAVES = {"before_save": 2, "after_save": 3}


@pytest.mark.parametrize("place", CRASHES)
def test_no_event_is_lost_when_the_process_is_killed(deployment: Any, caller: Any, place: str) -> None:
    deployment.start("slas")
    process = deployment.start("requests", crash_at=f"requests.{place}:3")

    def asked_until_it_died() -> bool:
        with suppress(InterdeskError):
            caller.call("requests", "create", {}, timeout=2)
        return not process.alive

    wait_until(asked_until_it_died)  # events that leave together pass the place once

    deployment.start("requests")
    saved = {document["_id"] for document in deployment.database("requests")["requests"].find()}
    assert len(saved) >= 3 or place == "before_save"
    assert len(saved) == SAVES.get(place, len(saved))
    wait_until(lambda: set(seen(deployment)) == saved)
    requests = deployment.database("requests")["requests"]
    wait_until(lambda: requests.count_documents({"unsent": {"$exists": True}}) == 0)
    assert all(document["outbox"] == [] for document in requests.find())


def test_an_event_is_handled_again_when_its_handler_is_killed(deployment: Any, caller: Any) -> None:
    process = deployment.start("requests", "slas", crash_at="slas.after_event")
    id = caller.call("requests", "create", {})["id"]
    wait_until(lambda: not process.alive)
    deployment.start("slas")
    wait_until(lambda: seen(deployment) == [id, id])


def test_crash_points_named_here_exist() -> None:
    for place in CRASHES:
        CrashPoints(f"requests.{place}")


def test_events_of_one_record_leave_in_the_order_of_its_saves(deployment: Any, caller: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from kombu import Connection, Consumer, Queue

    from services.common import bus_json

    deployment.start("requests")
    id = caller.call("requests", "create", {})["id"]
    heard: list[int] = []

    def take(body: Any, message: Any) -> None:
        heard.append(body["count"])
        message.ack()

    with Connection(deployment.amqp_uri) as connection:
        queue = Queue("listener", event_exchange("requests"), "request.counted", exclusive=True)
        with Consumer(connection, [queue], callbacks=[take], accept=[bus_json.NAME]):
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: caller.call("requests", "count_up", id, timeout=30), range(60)))

            def drained() -> bool:
                try:
                    connection.drain_events(timeout=0.5)
                except TimeoutError:
                    return len(heard) >= 60
                return False

            wait_until(drained)
    assert list(dict.fromkeys(heard)) == list(range(1, 61))
