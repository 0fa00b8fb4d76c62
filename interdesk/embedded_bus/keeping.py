"""What the bus keeps in its directory: `definitions.json` always, `messages.json` over an orderly stop."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields
from pamqp.commands import Basic
from pamqp.header import ContentHeader

from interdesk.embedded_bus.bus import Bus
from interdesk.embedded_bus.queues import Message
from interdesk.embedded_bus.routing import Exchange
from interdesk.embedded_bus.users import Permission, User
from interdesk.files import read_json, write_json

DEFINITIONS = "definitions.json"
MESSAGES = "messages.json"


class _Permission(Schema):
    configure = fields.String(required=True)
    write = fields.String(required=True)
    read = fields.String(required=True)


class _User(Schema):
    password = fields.String(required=True)
    administrator = fields.Boolean(required=True)
    permissions = fields.Dict(keys=fields.String(), values=fields.Nested(_Permission), required=True)


class _Queue(Schema):
    auto_delete = fields.Boolean(required=True)
    arguments = fields.Dict(keys=fields.String(), required=True)


class _Exchange(Schema):
    kind = fields.String(required=True)
    auto_delete = fields.Boolean(required=True)
    bindings = fields.List(fields.List(fields.String()), required=True)  # [queue, routing key]


class _Vhost(Schema):
    queues = fields.Dict(keys=fields.String(), values=fields.Nested(_Queue), required=True)
    exchanges = fields.Dict(keys=fields.String(), values=fields.Nested(_Exchange), required=True)


class _Definitions(Schema):
    users = fields.Dict(keys=fields.String(), values=fields.Nested(_User), required=True)
    vhosts = fields.Dict(keys=fields.String(), values=fields.Nested(_Vhost), required=True)


class _Message(Schema):
    """`properties` and `body` are base64; `properties` are the bytes of AMQP's content header."""

    vhost = fields.String(required=True)
    queue = fields.String(required=True)
    exchange = fields.String(required=True)
    routing_key = fields.String(required=True)
    properties = fields.String(required=True)
    body = fields.String(required=True)
    redelivered = fields.Boolean(required=True)


def keep_definitions(bus: Bus, directory: Path) -> None:
    """Writes them when they have changed."""
    if not bus.is_changed:
        return
    bus.is_changed = False
    users = {
        user.name: {
            "password": user.password,
            "administrator": user.administrator,
            "permissions": {vhost: vars(permission) for vhost, permission in user.permissions.items()},
        }
        for user in bus.users.values()
    }
    vhosts = {}
    for vhost in bus.vhosts.values():
        durable = {queue.name for queue in vhost.queues.values() if queue.durable and queue.owner is None}
        vhosts[vhost.name] = {
            "queues": {
                name: {
                    "auto_delete": vhost.queues[name].auto_delete,
                    "arguments": vhost.queues[name].arguments,
                }
                for name in sorted(durable)
            },
            "exchanges": {
                exchange.name: {
                    "kind": exchange.kind,
                    "auto_delete": exchange.auto_delete,
                    "bindings": [[queue, key] for queue, key in exchange.bindings if queue in durable],
                }
                for exchange in vhost.exchanges.values()
                if exchange.durable
            },
        }
    write_json(directory / DEFINITIONS, {"users": users, "vhosts": vhosts})


def keep_messages(bus: Bus, directory: Path) -> None:
    """What waits in durable queues."""
    kept = [
        {
            "vhost": vhost.name,
            "queue": queue.name,
            "exchange": message.exchange,
            "routing_key": message.routing_key,
            "properties": _text(ContentHeader(0, len(message.body), message.properties).marshal()),
            "body": _text(message.body),
            "redelivered": message.redelivered,
        }
        for vhost in bus.vhosts.values()
        for queue in vhost.queues.values()
        if queue.durable and queue.owner is None
        for message in queue.waiting
    ]
    write_json(directory / MESSAGES, kept)


def restore(directory: Path) -> Bus:
    """The bus as it was kept. Raises FileBroken."""
    bus = Bus()
    kept = read_json(directory / DEFINITIONS, fields.Nested(_Definitions)) or {"users": {}, "vhosts": {}}
    for name, user in kept["users"].items():
        permissions = {vhost: Permission(**each) for vhost, each in user["permissions"].items()}
        bus.users[name] = User(name, user["password"], user["administrator"], permissions)
    for name, document in kept["vhosts"].items():
        vhost = bus.add_vhost(name)
        for queue, each in document["queues"].items():
            vhost.declare_queue(queue, durable=True, **each)
        for exchange, each in document["exchanges"].items():
            bindings = dict.fromkeys((queue, key) for queue, key in each["bindings"])
            vhost.exchanges[exchange] = Exchange(exchange, each["kind"], True, each["auto_delete"], bindings)
    messages = directory / MESSAGES
    for each in read_json(messages, fields.List(fields.Nested(_Message))) or ():
        _put(bus, each)
    messages.unlink(missing_ok=True)  # what is delivered from here on must not come back after a crash
    return bus


def _put(bus: Bus, document: dict[str, Any]) -> None:
    vhost = bus.vhosts.get(document["vhost"])
    queue = vhost.queues.get(document["queue"]) if vhost else None
    if vhost is None or queue is None:
        return
    header = ContentHeader(properties=Basic.Properties())
    header.unmarshal(base64.b64decode(document["properties"]))
    body = base64.b64decode(document["body"])
    message = Message(
        document["exchange"], document["routing_key"], header.properties, body, document["redelivered"]
    )
    queue.put(message, vhost.clock())


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
