"""A border of one's own, and how another is reached: section 1 of docs/partner-protocol.md."""

from __future__ import annotations

import base64
import json
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import amqp

from tests.wire.second.sealing import Json, b64

LANES = {
    "requests": (
        "request.#",
        "note.#",
        "attachment.#",
        "representative.#",
        "receipt.requests",
        "thread.*.requests",
    ),
    "slas": ("agreement.#", "receipt.slas", "thread.*.slas"),
    "organizations": (
        "organization.#",
        "trust.#",
        "keys.#",
        "receipt.organizations",
        "thread.*.organizations",
    ),
}


@dataclass
class Border:
    """Our border on a RabbitMQ node, made through its management API."""

    account: str
    admin_uri: str  # http://user:password@host:port
    host: str  # host:port of AMQP over TLS
    ca: str

    @property
    def vhost(self) -> str:
        return f"{self.account}.border"

    @property
    def address(self) -> str:
        return f"amqps://{self.host}/{quote(self.vhost, safe='')}"

    def make(self, partner: str) -> Json:
        """All that the partner needs here; gives its credentials."""
        vhost, exchange = quote(self.vhost, safe=""), f"from.{partner}"
        self._put(f"vhosts/{vhost}", {})
        self._user(f"{self.account}.owner", ".*", ".*")
        self._put(f"exchanges/{vhost}/{exchange}", {"type": "topic", "durable": True})
        for service, keys in LANES.items():
            lane = f"{service}.from.{partner}"
            bounded = {"x-max-length": 10_000, "x-overflow": "reject-publish"}
            self._put(f"queues/{vhost}/{lane}", {"durable": True, "arguments": bounded})
            for key in keys:
                self._send("POST", f"bindings/{vhost}/e/{exchange}/q/{lane}", {"routing_key": key})
        return self._user(f"{self.account}.from.{partner}", f"^from\\.{partner}$", "^$")

    def consumed(self, partner: str, callback: Callable[[Any], None]) -> amqp.Connection:
        """A connection that gives `callback` every delivery of the partner, as raw bytes."""
        connection = connected(self.address, self.ca, self._user(f"{self.account}.owner", ".*", ".*"))
        channel = connection.channel()
        channel.auto_decode = False
        for service in LANES:
            channel.basic_consume(f"{service}.from.{partner}", callback=callback)
        return connection

    def _user(self, name: str, write: str, rest: str) -> Json:
        password = b64(os.urandom(24))
        self._put(f"users/{name}", {"password": password, "tags": ""})
        rights = {"configure": rest, "write": write, "read": rest}
        self._put(f"permissions/{quote(self.vhost, safe='')}/{name}", rights)
        return {"user": name, "password": password}

    def _put(self, path: str, body: Json) -> None:
        self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: Json) -> None:
        parts = urlsplit(self.admin_uri)
        login = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        url = f"http://{parts.hostname}:{parts.port}/api/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), headers, method=method)
        urllib.request.urlopen(request, timeout=30).close()


def connected(address: str, ca: str | None, login: Json) -> amqp.Connection:
    """Only amqps with the authority that was named; publishes are confirmed."""
    parts = urlsplit(address)
    if parts.scheme != "amqps" or not ca:
        raise ValueError(f"{address} is not safe")
    connection = amqp.Connection(
        f"{parts.hostname}:{parts.port}",
        login["user"],
        login["password"],
        virtual_host=unquote(parts.path[1:]),
        ssl={"context": {"cadata": ca, "check_hostname": True}, "server_hostname": parts.hostname},
        confirm_publish=True,
        connect_timeout=10,
    )
    connection.connect()
    return connection
