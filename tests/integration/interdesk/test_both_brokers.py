"""What Interdesk relies on in a broker, on RabbitMQ and on the embedded bus alike."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import amqp.exceptions
import pytest
import requests
from requests import Response

from interdesk.broker import Broker
from tests.conftest import ON_BOTH_BROKERS
from tests.waiting import wait_until

pytestmark = ON_BOTH_BROKERS

Body = bytes | str
LONG = b"\x00\xff" * 200_000  # more than a frame


class Place:
    """A vhost of a test's own, its user `one` who may do everything there, and connections to it."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.vhost = f"place-{secrets.token_hex(4)}"
        self.one = f"one-{secrets.token_hex(4)}"
        self._open: list[amqp.Connection] = []
        assert self.call("PUT", f"vhosts/{self.vhost}", {}).ok
        self.user(self.one, configure=".*", write=".*", read=".*")

    def user(self, name: str, **permission: str) -> None:
        assert self.call("PUT", f"users/{name}", {"password": "a password", "tags": ""}).ok
        assert self.call("PUT", f"permissions/{self.vhost}/{name}", permission).ok

    def call(self, verb: str, path: str, body: Any = None) -> Response:
        return requests.request(verb, f"{self.broker.admin_uri}/api/{path}", json=body, timeout=15)

    def connection(self, user: str | None = None, password: str = "a password", **options: Any) -> Any:
        made = amqp.Connection(
            f"127.0.0.1:{self.broker.ports['amqp']}",
            userid=user or self.one,
            password=password,
            virtual_host=self.vhost,
            login_method="PLAIN",
            **options,
        )
        made.connect()
        self._open.append(made)
        return made

    def channel(self, user: str | None = None) -> Any:
        return self.connection(user).channel()

    def close(self) -> None:
        for connection in self._open:
            with contextlib.suppress(Exception):
                connection.close()
        self.call("DELETE", f"vhosts/{self.vhost}")
        self.call("DELETE", f"users/{self.one}")


@pytest.fixture
def place(broker: Broker) -> Iterator[Place]:
    made = Place(broker)
    yield made
    made.close()


class Ear:
    """Consumes a queue: what came, in its order."""

    def __init__(self, channel: Any, queue: str, **options: Any) -> None:
        self.channel = channel
        self.came: list[Any] = []
        self.tag = channel.basic_consume(queue, callback=self.came.append, **options)

    def bodies(self, count: int) -> list[bytes]:
        """The first so many, waited for."""
        wait_until(lambda: self._drained() >= count, 10)
        return [_bytes(message.body) for message in self.came]

    def hears_nothing_for(self, seconds: float) -> bool:
        with contextlib.suppress(socket.timeout):
            self.channel.connection.drain_events(timeout=seconds)
        return not self.came

    def _drained(self) -> int:
        with contextlib.suppress(socket.timeout):
            self.channel.connection.drain_events(timeout=0.05)
        return len(self.came)


def _bytes(body: Body) -> bytes:
    return body.encode() if isinstance(body, str) else body


def says(channel: Any, body: Body, exchange: str, key: str, **options: Any) -> None:
    channel.basic_publish(amqp.Message(body, **options), exchange, key)


def taken(channel: Any, queue: str) -> list[bytes]:
    """What waits in a queue now; taken out of it."""
    found = []
    while (message := channel.basic_get(queue, no_ack=True)) is not None:
        found.append(_bytes(message.body))
    return found


@pytest.mark.parametrize(
    ("kind", "bound", "key", "comes"),
    [
        ("direct", "a.b", "a.b", True),
        ("direct", "a.*", "a.b", False),
        ("topic", "a.*", "a.b", True),
        ("topic", "a.*", "a.b.c", False),
        ("topic", "a.#", "a", True),
        ("topic", "#.c", "a.b.c", True),
        ("topic", "*.b.#.d", "a.b.c.c.d", True),
        ("topic", "#", "", True),
        ("topic", "*", "", False),
        ("fanout", "x", "y", True),
    ],
)
def test_a_message_goes_where_its_key_says(
    place: Place, kind: str, bound: str, key: str, comes: bool
) -> None:
    channel = place.channel()
    channel.exchange_declare("e", kind, durable=True, auto_delete=False)
    channel.queue_declare("q", durable=True, auto_delete=False)
    channel.queue_bind("q", "e", bound)
    channel.confirm_select()
    channel.basic_publish_confirm(amqp.Message("hello"), "e", key)
    assert taken(channel, "q") == ([b"hello"] if comes else [])


def test_bytes_and_properties_arrive_as_they_were_sent(place: Place) -> None:
    channel = place.channel()
    channel.auto_decode = False
    channel.queue_declare("q", durable=True, auto_delete=False)
    headers = {"traceparent": "00-aa", "n": 7, "deep": {"list": [1, "two", None, True]}}
    said = {"content_type": "application/jose", "message_id": "m-1", "type": "t", "delivery_mode": 2}
    says(channel, LONG, "", "q", application_headers=headers, **said)
    says(channel, b"", "", "q")
    ear = Ear(channel, "q", no_ack=True)
    assert ear.bodies(2) == [LONG, b""]
    properties = ear.came[0].properties
    assert {name: properties[name] for name in said} == said
    assert properties["application_headers"] == headers
    assert ear.came[0].delivery_info["exchange"] == ""
    assert ear.came[0].delivery_info["redelivered"] is False


def test_what_nobody_takes_is_returned_before_it_is_confirmed(place: Place) -> None:
    channel = place.channel()
    channel.confirm_select()
    told: list[Any] = []
    channel.events["basic_return"].add(
        lambda *what: told.append(("returned", what[3].properties["message_id"]))
    )
    channel.events["basic_ack"].add(lambda tag, multiple: told.append(("confirmed", tag)))
    channel.basic_publish(amqp.Message("x", message_id="m-1"), "", "nowhere", mandatory=True)
    channel.basic_publish(amqp.Message("x", message_id="m-2"), "", "nowhere")
    wait_until(lambda: _drain(channel) and ("confirmed", 2) in told, 10)
    assert told == [("returned", "m-1"), ("confirmed", 1), ("confirmed", 2)]


def test_a_full_queue_refuses_and_keeps_what_it_has(place: Place) -> None:
    channel = place.channel()
    full = {"x-queue-type": "quorum", "x-max-length": 2, "x-overflow": "reject-publish"}
    channel.queue_declare("q", durable=True, auto_delete=False, arguments=full)
    channel.confirm_select()
    verdicts: list[str] = []
    channel.events["basic_ack"].add(lambda tag, multiple: verdicts.append("ack"))
    channel.events["basic_nack"].add(lambda tag, multiple: verdicts.append("nack"))
    for n in range(10):  # a quorum queue takes a few more than it should
        says(channel, str(n), "", "q")
        wait_until(lambda n=n: _drain(channel) and len(verdicts) > n, 10)  # type: ignore[misc]
    assert verdicts[:2] == ["ack", "ack"]
    assert verdicts[-1] == "nack"
    assert taken(channel, "q") == [str(n).encode() for n in range(verdicts.count("ack"))]


def test_no_more_is_delivered_than_was_asked_for_and_the_rest_goes_to_who_has_room(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    channel.basic_qos(0, 2, False)
    first = Ear(channel, "q")
    for n in range(4):
        says(channel, str(n), "", "q")
    assert first.bodies(2) == [b"0", b"1"]
    second = Ear(place.channel(), "q", no_ack=True)
    assert second.bodies(2) == [b"2", b"3"]
    says(channel, "4", "", "q")
    assert second.bodies(3)[-1] == b"4"
    channel.basic_ack(2, multiple=True)
    channel.basic_cancel(first.tag)
    says(channel, "5", "", "q")
    assert second.bodies(4)[-1] == b"5"


def test_what_was_not_acked_comes_again_first_and_says_so(place: Place) -> None:
    connection = place.connection()
    channel = connection.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    for n in range(3):
        says(channel, str(n), "", "q")
    ear = Ear(channel, "q")
    assert ear.bodies(3) == [b"0", b"1", b"2"]
    channel.basic_ack(ear.came[1].delivery_tag)
    connection.close()
    after = Ear(place.channel(), "q", no_ack=True)
    assert after.bodies(2) == [b"0", b"2"]
    assert [message.delivery_info["redelivered"] for message in after.came] == [True, True]


def test_what_is_rejected_comes_again_or_not_as_was_asked(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("dead", durable=True, auto_delete=False)
    dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
    channel.queue_declare("q", durable=True, auto_delete=False, arguments=dead)
    says(channel, "again", "", "q")
    channel.basic_reject(channel.basic_get("q").delivery_tag, requeue=True)
    again = channel.basic_get("q")
    assert again.delivery_info["redelivered"] is True
    channel.basic_reject(again.delivery_tag, requeue=False)
    wait_until(lambda: taken(channel, "dead") == [b"again"], 10)
    assert taken(channel, "q") == []


def test_what_waits_too_long_moves_on(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    later = {"x-message-ttl": 300, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q"}
    channel.queue_declare("later", durable=True, auto_delete=False, arguments=later)
    says(channel, "delayed", "", "later")
    says(channel, "own time", "", "q", expiration="200")
    assert len(taken(channel, "q")) == 1
    ear = Ear(channel, "q", no_ack=True)
    assert ear.bodies(1) == [b"delayed"]


def test_queues_go_when_they_should(place: Place) -> None:
    connection = place.connection()
    channel = connection.channel()
    channel.queue_declare("own", exclusive=True)
    channel.queue_declare("used", auto_delete=True)
    channel.queue_declare("idle", durable=True, auto_delete=False, arguments={"x-expires": 500})
    tag = Ear(channel, "used").tag
    other = place.connection()
    with pytest.raises(amqp.exceptions.ResourceLocked):
        other.channel().queue_declare("own", passive=True)
    channel.basic_cancel(tag)
    wait_until(lambda: not _is_there(other, "used"), 10)
    connection.close()
    wait_until(lambda: not _is_there(other, "own"), 10)
    wait_until(lambda: place.call("DELETE", f"queues/{place.vhost}/idle").status_code == 404, 10)


def test_a_consumer_is_told_that_its_queue_is_gone(place: Place) -> None:
    channel = place.channel()
    channel.queue_declare("q", durable=True, auto_delete=False)
    gone: list[str] = []
    channel.basic_consume("q", callback=print, on_cancel=gone.append, consumer_tag="ear")
    place.channel().queue_delete("q")
    wait_until(lambda: _drain(channel) and gone == ["ear"], 10)


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
    wait_until(lambda: place.call("GET", f"connections/username/{name}").json() != [], 20)
    assert place.call("DELETE", f"users/{name}").ok
    assert place.call("DELETE", f"connections/username/{name}").ok
    with pytest.raises((OSError, amqp.exceptions.AMQPError)):
        wait_until(lambda: not _drain(connection.channel()), 10)
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


def _drain(channel: Any) -> bool:
    with contextlib.suppress(socket.timeout):
        channel.connection.drain_events(timeout=0.05)
    return True


def _is_there(connection: Any, queue: str) -> bool:
    channel = connection.channel()
    try:
        channel.queue_declare(queue, passive=True)
    except amqp.exceptions.NotFound:
        return False
    except amqp.exceptions.ResourceLocked:
        return True
    channel.close()
    return True
