"""Whom a broker keeps out, and what it refuses, on RabbitMQ and on the embedded bus alike."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
from collections.abc import Callable
from typing import Any

import amqp
import amqp.exceptions
import pytest
import requests

from interdesk.local.broker import Broker
from tests.conftest import ON_BOTH_BROKERS
from tests.integration.interdesk.places import Place, drain, says
from tests.waiting import wait_until

pytestmark = ON_BOTH_BROKERS


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda channel: channel.queue_declare("q", durable=False, auto_delete=False), "PreconditionFailed"),
        (lambda channel: channel.exchange_declare("e", "fanout", durable=True), "PreconditionFailed"),
        (lambda channel: channel.basic_consume("nowhere"), "NotFound"),
        (lambda channel: channel.queue_bind("q", "nowhere", "x"), "NotFound"),
        (lambda channel: channel.basic_ack(77), "PreconditionFailed"),
        (lambda channel: channel.queue_declare("mine", durable=True, auto_delete=False), "AccessRefused"),
        (lambda channel: channel.basic_consume("other"), "AccessRefused"),
        (lambda channel: says(channel, "x", "other", "k"), "AccessRefused"),
        (lambda channel: says(channel, "x", "e", "k", user_id="somebody"), "PreconditionFailed"),
    ],
    ids=[
        "another queue of the name",
        "another exchange of the name",
        "no such queue",
        "no such exchange",
        "never delivered",
        "may not make it",
        "may not read it",
        "may not write to it",
        "as somebody else",
    ],
)
def test_a_channel_is_refused_and_the_connection_goes_on(
    place: Place, ask: Callable[[Any], None], refusal: str
) -> None:
    every = place.channel()
    every.exchange_declare("e", "topic", durable=True, auto_delete=False)
    every.exchange_declare("other", "topic", durable=True, auto_delete=False)
    for queue in ("q", "other"):
        every.queue_declare(queue, durable=True, auto_delete=False)
    narrow = f"narrow-{secrets.token_hex(4)}"
    place.user(narrow, configure="^(q|e)$", write="^(q|e)$", read="^(q|e|nowhere)$")
    connection = place.connection(narrow)
    channel = connection.channel()
    with pytest.raises(getattr(amqp.exceptions, refusal)):
        _ask(channel, ask)
    assert connection.channel().queue_declare("q", passive=True).queue == "q"
    assert place.call("DELETE", f"users/{narrow}").ok


def test_only_who_is_known_comes_in_and_only_where_he_may(place: Place) -> None:
    other = Place(place.broker)
    with pytest.raises(amqp.exceptions.AccessRefused):
        place.connection(password="another")
    with pytest.raises(amqp.exceptions.NotAllowed):
        place.connection(other.one)
    other.close()


def test_who_loses_his_user_is_put_out_and_does_not_come_back(place: Place) -> None:
    name = f"partner-{secrets.token_hex(4)}"
    place.user(name, configure="^$", write="^e$", read="^$")
    connection = place.connection(name)
    # RabbitMQ lists connections some seconds late.
    wait_until(lambda: place.call("GET", f"connections/username/{name}").json() != [])
    assert place.call("DELETE", f"users/{name}").ok
    assert place.call("DELETE", f"connections/username/{name}").ok
    with pytest.raises((OSError, amqp.exceptions.AMQPError)):
        wait_until(lambda: not drain(connection.channel()))
    with pytest.raises(amqp.exceptions.AccessRefused):
        place.connection(name)


def test_partners_come_by_tls(place: Place) -> None:
    authority = ssl.create_default_context(cadata=place.broker.ca_pem)
    with (
        socket.create_connection(("127.0.0.1", place.broker.ports["amqps"]), 5) as plain,
        authority.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(b"AMQP\x00\x00\x09\x01")
        assert line.recv(1) == b"\x01"


@pytest.mark.parametrize(
    "bytes_said",
    [b"GET / HTTP/1.1\r\n\r\n", b"AMQP\x00\x01\x00\x00", b"AMQP\x00\x00\x09\x01" + b"\xff" * 64],
    ids=["http", "another AMQP", "no frames"],
)
def test_strangers_are_hung_up_on(broker: Broker, bytes_said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", broker.ports["amqp"]), 5) as line:
        line.settimeout(15)
        line.sendall(bytes_said)
        with contextlib.suppress(ConnectionResetError):
            while line.recv(4096):
                pass
    assert requests.get(f"{broker.admin_uri}/api/whoami", timeout=15).ok


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("PUT", "users/x", ["no object"]),
        ("PUT", "permissions/nowhere/x", {"configure": "", "write": "", "read": ""}),
        ("PUT", "queues/nowhere/q", {}),
        ("DELETE", "users/never-was-there", None),
        ("GET", "of/nothing/known", None),
    ],
)
def test_the_management_api_says_no(broker: Broker, verb: str, path: str, body: Any) -> None:
    asked = requests.request(verb, f"{broker.admin_uri}/api/{path}", json=body, timeout=15)
    assert asked.status_code in (400, 404)


def test_the_management_api_is_for_administrators(place: Place) -> None:
    address = f"http://127.0.0.1:{place.broker.ports['management']}/api/whoami"
    assert requests.get(address, timeout=15).status_code == 401
    assert requests.get(address, auth=("admin", "another"), timeout=15).status_code == 401
    users = f"http://127.0.0.1:{place.broker.ports['management']}/api/users"
    assert requests.get(users, auth=(place.one, "a password"), timeout=15).status_code == 401


def _ask(channel: Any, ask: Callable[[Any], None]) -> None:
    """Asks, and hears what comes of it. Raises what the broker refuses with, or a time-out."""
    ask(channel)
    channel.connection.drain_events(timeout=10)
