"""A place of a test's own on a broker, and what is said and heard there by AMQP alone."""

from __future__ import annotations

import contextlib
import secrets
import socket
from typing import Any

import amqp
import requests
from requests import Response

from interdesk.local.broker import Broker
from tests.waiting import wait_until

Body = bytes | str


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


class Ear:
    """Consumes a queue: what came, in its order."""

    def __init__(self, channel: Any, queue: str, **options: Any) -> None:
        self.channel = channel
        self.came: list[Any] = []
        self.tag = channel.basic_consume(queue, callback=self.came.append, **options)

    def bodies(self, count: int) -> list[bytes]:
        """The first so many, waited for."""
        wait_until(lambda: self._drained() >= count)
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


def drain(channel: Any) -> bool:
    with contextlib.suppress(socket.timeout):
        channel.connection.drain_events(timeout=0.05)
    return True
