"""SIGTERM: what was begun is finished and acked, nothing new is begun, and then the process is gone."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest
import requests
from kombu import Connection

from interdesk.local.broker import Broker
from interdesk.local.rabbitmq import RabbitMQ
from tests.waiting import wait_until


def messages_in(broker: Broker, deployment: Any, queue: str) -> int:
    vhost = deployment.amqp_uri.rsplit("/", 1)[1]
    answer = requests.get(f"{broker.admin_uri}/api/queues/{vhost}/{queue}", timeout=10)
    answer.raise_for_status()
    return int(answer.json().get("messages", -1))


def test_running_commands_finish_and_are_acked(deployment: Any, caller: Any, broker: Broker) -> None:
    process = deployment.start("requests")
    answers: list[str] = []
    asking = [
        threading.Thread(target=lambda n=n: answers.append(caller.call("requests", "slow", 2, str(n))))
        for n in range(3)
    ]
    for thread in asking:
        thread.start()
    slow = deployment.database("requests")["slow"]
    wait_until(lambda: caller.call("requests", "echo", 1) == 1)  # so the slow ones, asked before, have begun

    process.signal(signal.SIGTERM)
    wait_until(lambda: deployment.get("requests", "readyz")[0] in (0, 503))
    assert process.wait(10)
    for thread in asking:
        thread.join(10)
    assert sorted(answers) == ["0", "1", "2"]
    assert slow.count_documents({}) == 3

    deployment.start("requests")
    assert caller.call("requests", "echo", "anew") == "anew"
    wait_until(lambda: messages_in(broker, deployment, "rpc-requests") == 0)
    assert slow.count_documents({}) == 3, "a command that had been acked ran again"


def test_readiness_falls_first_and_new_work_is_left_to_the_next(deployment: Any, caller: Any) -> None:
    process = deployment.start("requests")

    def ask(seconds: float, note: str) -> threading.Thread:
        asking = threading.Thread(target=lambda: caller.call("requests", "slow", seconds, note))
        asking.start()
        return asking

    first = ask(3, "first")
    wait_until(lambda: caller.call("requests", "echo", 1) == 1)  # so the slow one has begun
    process.signal(signal.SIGTERM)
    wait_until(lambda: deployment.get("requests", "readyz")[0] == 503)
    assert "draining" in deployment.problems("requests")[0]
    assert deployment.get("requests", "healthz")[0] == 200, "who drains is alive"
    wait_until(lambda: consumers_of(deployment, "rpc-requests") == 0)
    second = ask(0, "second")
    assert process.wait(10)
    slow = deployment.database("requests")["slow"]
    assert [each["note"] for each in slow.find()] == ["first"]

    deployment.start("requests")
    for asking in (first, second):
        asking.join(10)
    assert sorted(each["note"] for each in slow.find()) == ["first", "second"]


def consumers_of(deployment: Any, queue: str) -> int:
    with Connection(deployment.amqp_uri) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).consumer_count)


def test_a_timer_that_runs_finishes_and_the_next_process_need_not_wait_for_its_lease(deployment: Any) -> None:
    naps = deployment.database("reporting")["naps"]
    asked = [
        {"_id": 1, "seconds": 2, "begun": 0, "ended": 0},
        {"_id": 2, "seconds": 0, "begun": 0, "ended": 0},
    ]
    process = deployment.start("reporting")
    naps.insert_one(asked[0])
    wait_until(lambda: naps.find_one({"begun": 1}))
    process.signal(signal.SIGTERM)
    naps.insert_one(asked[1])
    assert process.wait(10)
    assert [(nap["begun"], nap["ended"]) for nap in naps.find().sort("_id")] == [(1, 1), (0, 0)]

    deployment.start("reporting")
    wait_until(lambda: naps.count_documents({"begun": 1, "ended": 1}) == 2, 5)


def test_a_web_answer_that_was_begun_is_given_whole(deployment: Any) -> None:
    deployment.start("requests")
    process = deployment.start("organizations")
    url = f"http://127.0.0.1:{deployment.ports['organizations']}/wanted"
    answering = f'interdesk_http_answering{{account="{deployment.account}",service="organizations"}} 1.0'

    # One that still works on its answer, and one that has begun to give it to a client that reads slowly.
    answers: list[str] = []
    asking = threading.Thread(
        target=lambda: answers.append(requests.get(f"{url}?seconds=2", timeout=10).text)
    )
    asking.start()
    wait_until(lambda: answering in deployment.get("organizations", "metrics")[1])
    with requests.get(f"{url}?megabytes=30", timeout=10, stream=True) as slowly:
        process.signal(signal.SIGTERM)
        asking.join(10)
        assert answers == ["answer "]
        assert not process.wait(2), "it ended while an answer was being read"
        assert deployment.get("organizations", "readyz")[0] == 0
        assert len(slowly.content) == 30_000_007
    assert process.wait(10)


@pytest.mark.parametrize("service", ["slas", "reporting"])
def test_running_event_handlers_finish_and_are_acked(deployment: Any, caller: Any, service: str) -> None:
    deployment.start("requests")
    process = deployment.start(service)
    seen = deployment.database(service)["seen"]
    ids = [caller.call("requests", "create", {"handle": "slow", "seconds": 1.5})["id"] for _ in range(4)]
    tries = deployment.database(service)["tries"]
    wait_until(lambda: tries.count_documents({}) == 4)

    process.signal(signal.SIGTERM)
    assert process.wait(10)
    assert sorted(document["request"] for document in seen.find()) == sorted(ids)

    deployment.start(service)
    last = caller.call("requests", "create", {})["id"]
    wait_until(lambda: seen.find_one({"request": last}))
    assert all(document["count"] == 1 for document in tries.find()), "a handled event came again"


def test_a_service_ends_while_its_broker_is_away(tmp_path: Any, database: Any) -> None:
    from tests.integration.common.conftest import Deployment

    own = RabbitMQ(tmp_path / "broker", dies_with_parent=True)
    own.start()
    own.wait_ready()
    try:
        from interdesk.vhosts import ensure_vhosts

        vhosts = ensure_vhosts(own.admin_uri, "away", "secret")
        deployment = Deployment(
            own.amqp_uri(vhosts.inside, "away", "secret"), database.uri(), tmp_path, "away"
        )
        process = deployment.start("requests")
        own.kill()
        wait_until(lambda: deployment.problems("requests") == ["broker: not connected"])
        process.signal(signal.SIGTERM)
        assert process.wait(15)
        deployment.stop()
    finally:
        own.kill()
