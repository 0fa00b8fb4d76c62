"""The embedded bus over its own end: what it keeps, and who is put up with."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import amqp
import pytest

from interdesk.local.embedded_broker import EmbeddedBroker
from interdesk.vhosts import ensure_vhosts
from tests.waiting import wait_until


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker(tmp_path / "bus", dies_with_parent=True).started() as made:
        ensure_vhosts(made.admin_uri, "widget", "a password")
        yield made


def begin(bus: EmbeddedBroker) -> None:
    bus.start()
    bus.wait_ready()


def channel(bus: EmbeddedBroker) -> Any:
    address = f"127.0.0.1:{bus.ports['amqp']}"
    connection = amqp.Connection(address, userid="widget", password="a password", virtual_host="widget")
    connection.connect()
    return connection.channel()


def filled(bus: EmbeddedBroker) -> None:
    """A durable queue behind a durable exchange, and one that is not; a message in each."""
    open_one = channel(bus)
    open_one.exchange_declare("e", "topic", durable=True, auto_delete=False)
    for name, durable in (("kept", True), ("passing", False)):
        open_one.queue_declare(name, durable=durable, auto_delete=False, arguments={"x-max-length": 10})
        open_one.queue_bind(name, "e", "#.end")
    open_one.confirm_select()
    message = amqp.Message(b"\x00waits", message_id="m-1", application_headers={"n": 1})
    open_one.basic_publish_confirm(message, "e", "the.end")


def queues(bus: EmbeddedBroker) -> tuple[list[Any], bool]:
    """What waits in the durable queue, and whether the other one is there."""
    open_one = channel(bus)
    open_one.auto_decode = False
    found = []
    while (message := open_one.basic_get("kept", no_ack=True)) is not None:
        found.append((bytes(message.body), message.message_id, message.headers))
    try:
        open_one.queue_declare("passing", passive=True)
    except amqp.exceptions.NotFound:
        return found, False
    return found, True


def test_what_waits_outlives_an_orderly_stop_and_is_given_out_once(bus: EmbeddedBroker) -> None:
    filled(bus)
    bus.stop()
    begin(bus)
    assert queues(bus) == ([(b"\x00waits", "m-1", {"n": 1})], False)
    bus.stop()
    begin(bus)
    assert queues(bus) == ([], False)


def test_what_was_delivered_and_not_acked_outlives_it_too(bus: EmbeddedBroker) -> None:
    filled(bus)
    assert channel(bus).basic_get("kept") is not None
    bus.stop()
    begin(bus)
    assert len(queues(bus)[0]) == 1


def test_a_crash_loses_what_waits_and_nothing_that_was_made(bus: EmbeddedBroker) -> None:
    filled(bus)
    definitions = bus.directory / "definitions.json"
    wait_until(lambda: definitions.exists() and "#.end" in definitions.read_text())
    bus.kill()
    begin(bus)
    assert queues(bus) == ([], False)
    open_one = channel(bus)
    open_one.basic_publish(amqp.Message("anew"), "e", "an.end")
    wait_until(lambda: open_one.basic_get("kept") is not None)


def test_who_does_not_read_holds_up_nobody(bus: EmbeddedBroker) -> None:
    """A consumer that never reads its socket: the bus goes on serving others."""
    deaf, other = channel(bus), channel(bus)
    deaf.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for name in ("deaf", "other"):
        deaf.queue_declare(name, durable=True, auto_delete=False)
    deaf.basic_consume("deaf", no_ack=True)
    other.confirm_select()
    for _ in range(40):
        other.basic_publish_confirm(amqp.Message(b"x" * 1_000_000), "", "deaf")
    other.basic_publish_confirm(amqp.Message("hello"), "", "other")
    assert other.basic_get("other").body == "hello"
