"""A broker or database that dies, freezes or comes back: nobody waits for ever, nothing is lost."""

from __future__ import annotations

import contextlib
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.rabbitmq import RabbitMQ
from interdesk.vhosts import ensure_vhosts
from services.common.errors import Unavailable
from services.common.publishing import Outgoing, Publisher, Unroutable
from tests.integration.common.conftest import BusCaller, Deployment
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def breakable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    broker = RabbitMQ(tmp_path_factory.mktemp("broker"), dies_with_parent=True)
    yield broker
    broker.kill()


@pytest.fixture
def own_broker(breakable: Broker) -> Broker:
    """A broker that a test may kill: up when the test begins."""
    breakable.start()
    breakable.wait_ready()
    return breakable


@pytest.fixture
def own_uri(own_broker: Broker) -> str:
    name = f"o-{secrets.token_hex(4)}"
    vhosts = ensure_vhosts(own_broker.admin_uri, name, "secret")
    return own_broker.amqp_uri(vhosts.inside, name, "secret")


def freeze(broker: Broker, number: int) -> None:
    for process in broker.processes:
        process.signal(number)


def message(text: str = "x", **options: Any) -> Outgoing:
    return Outgoing("amq.topic", "anything", text.encode(), **options)


def test_a_publisher_outlives_a_frozen_and_a_restarted_broker(own_broker: Broker, own_uri: str) -> None:
    publisher = Publisher(own_uri, timeout_seconds=1)
    publisher.publish(message())
    with pytest.raises(Unroutable):
        publisher.publish(message(), message(mandatory=True))

    freeze(own_broker, signal.SIGSTOP)
    try:
        for _ in range(2):
            started = time.monotonic()
            with pytest.raises(Unavailable) as silent:
                publisher.publish(message("x" * 40_000_000))  # more than the sockets' buffers hold
            assert silent.value.code == "broker_silent"
            assert time.monotonic() - started < 7
    finally:
        freeze(own_broker, signal.SIGCONT)
    wait_until(lambda: published(publisher))

    own_broker.kill()
    with pytest.raises(Unavailable):
        publisher.publish(message())
    own_broker.start()
    own_broker.wait_ready()
    wait_until(lambda: published(publisher))
    publisher.close()


class Line:
    """A TCP line to a broker. `swallow` makes the connections of now take no more bytes and say nothing."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._swallowing: list[threading.Event] = []
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        for connection in self._swallowing:
            connection.set()

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            end.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                swallowing = threading.Event()
                self._swallowing.append(swallowing)
                self._ends += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(source, sink, swallowing), daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket, swallowing: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while (data := source.recv(65536)) and not swallowing.is_set():
            sink.sendall(data)


def test_a_publisher_leaves_a_connection_that_goes_nowhere(broker: Broker, vhost_uri: str) -> None:
    parts = urlsplit(vhost_uri)
    line = Line(parts.port or 0)
    publisher = Publisher(vhost_uri.replace(f":{parts.port}/", f":{line.port}/"), timeout_seconds=1)
    try:
        publisher.publish(message())
        line.swallow()
        with pytest.raises(Unavailable):
            publisher.publish(message("x" * 40_000_000))  # its writing can't even be finished
        wait_until(lambda: published(publisher))
    finally:
        publisher.close()
        line.close()


def published(publisher: Publisher) -> bool:
    try:
        publisher.publish(message())
    except Unavailable:
        return False
    return True


def test_what_was_saved_while_the_broker_was_away_is_told_when_it_is_back(
    own_broker: Broker, own_uri: str, database: Database, tmp_path: Any
) -> None:
    account = f"w{secrets.token_hex(4)}"
    deployment = Deployment(own_uri, database.uri(), tmp_path, account)
    try:
        deployment.start("requests", "slas", rpc_timeout_seconds="2")
        caller = BusCaller(own_uri, account)
        first = caller.call("requests", "create", {})["id"]
        seen = deployment.database("slas")["seen"]
        wait_until(lambda: seen.find_one({"request": first}))
        caller.close()

        own_broker.kill()
        wait_until(lambda: deployment.problems("requests") == ["broker: not connected"])
        # What a timer or a partner's message would save just now.
        row = {"id": "row-1", "kind": "event", "type": "request.saved", "body": {"id": 99, "fields": {}}}
        at = datetime.now(UTC)
        deployment.database("requests")["requests"].insert_one(
            {"_id": 99, "version": 1, "outbox": [{**row, "at": at, "traceparent": None}], "unsent": at}
        )
        own_broker.start()
        own_broker.wait_ready()
        wait_until(lambda: deployment.ready("requests") and deployment.ready("slas"))
        wait_until(lambda: seen.find_one({"request": 99}))

        caller = BusCaller(own_uri, account)
        again = caller.call("requests", "create", {})["id"]
        wait_until(lambda: seen.find_one({"request": again}))
        caller.close()
    finally:
        deployment.stop()


def test_a_service_is_not_ready_while_its_database_is_away_and_answers_in_time(
    vhost_uri: str, tmp_path: Any
) -> None:
    own = Database(tmp_path / "database", durable=False, dies_with_parent=True)
    own.start()
    own.wait_ready()
    account = f"w{secrets.token_hex(4)}"
    deployment = Deployment(vhost_uri, own.uri(), tmp_path, account)
    caller = BusCaller(vhost_uri, account)
    try:
        deployment.start("requests")
        own.kill()
        wait_until(lambda: any(problem.startswith("database") for problem in deployment.problems("requests")))
        with pytest.raises(Unavailable) as silent:
            caller.call("requests", "create", {}, timeout=20)
        assert silent.value.code == "database_silent"

        own.start()
        own.wait_ready()
        wait_until(lambda: deployment.ready("requests"))
        assert caller.call("requests", "create", {})["version"] == 1
    finally:
        caller.close()
        for process in deployment.processes:
            process.kill()
        own.kill()


def test_a_service_that_starts_before_its_parts_waits_for_them(
    own_broker: Broker, own_uri: str, tmp_path: Any
) -> None:
    own = Database(tmp_path / "database", durable=False, dies_with_parent=True)
    own.start()
    own.wait_ready()
    own.kill()
    own_broker.kill()
    deployment = Deployment(own_uri, own.uri(), tmp_path, f"w{secrets.token_hex(4)}")
    try:
        process = deployment.start("requests", ready=False)
        own.start()
        own.wait_ready()
        wait_until(lambda: deployment.get("requests", "healthz")[0] == 200)
        assert deployment.problems("requests") == ["broker: not connected"]
        own_broker.start()
        own_broker.wait_ready()
        wait_until(lambda: deployment.ready("requests"))
        assert process.alive
    finally:
        for process in deployment.processes:
            process.kill()
        own.kill()
