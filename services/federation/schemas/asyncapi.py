"""The AsyncAPI document of the partner protocol: every message that may cross a border, and its way.

A channel is a routing key on the exchange `from.<sender>` of the recipient's border. Both accounts of a trust
send and receive, so each channel has both operations. What a payload here describes is inside the seal: the
bytes on the wire are a JWS of it. The rules that no document of this kind can hold (order, receipts, sending
again, what a word does) are in docs/partner-protocol.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from services.federation.messages import TYPES
from services.federation.messages.types import MessageType
from services.federation.partners.topology import border_vhost, exchange_of, lane_of
from services.federation.schemas import wire
from services.federation.sealing.envelope import CONTENT_TYPE
from services.federation.threads import KINDS

ASYNCAPI_VERSION: Final = "3.0.0"
PROTOCOL_VERSION: Final = "1.0.0"

Document = dict[str, Any]

_BINDING: Final = "0.3.0"
_ABOUT: Final = (
    "What two accounts that trust each other say, over the AMQP border of each. A body is a JWS in compact"
    " form (Ed25519, typ interdesk-message); each payload below is what the JWS holds."
)


@cache
def document() -> Document:
    """The document, the same for every account: it names no partner and no address."""
    channels = {key: _channel(key, service, types) for key, service, types in _keys()}
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "id": "urn:interdesk:partner-protocol",
        "info": {"title": "Interdesk partner protocol", "version": PROTOCOL_VERSION, "description": _ABOUT},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"border": _BORDER},
        "channels": channels,
        "operations": {
            f"{key}.{action}": _operation(key, action) for key in channels for action in ("send", "receive")
        },
        "components": {
            "messages": {each.name: _message(each) for each in TYPES.values()},
            "schemas": wire.components(),
        },
    }


_BORDER: Final[Document] = {
    "host": "{host}",
    "pathname": f"/{border_vhost('{recipient}')}",
    "protocol": "amqps",
    "protocolVersion": "0-9-1",
    "description": "The recipient's border, as its invitation or its trust.accepted named it.",
    "variables": {
        "host": {"description": "Host and port of the recipient's border."},
        "recipient": {"description": "The account that the message is for."},
    },
}


def _keys() -> Iterator[tuple[str, str, list[MessageType]]]:
    """Every routing key, the service whose lane it leads to, and the types that go by it."""
    found: dict[str, tuple[str, list[MessageType]]] = {}
    for each in TYPES.values():
        for kind in [each.kind] if each.kind else KINDS:
            key = each.routing_key(f"{kind}/account/00000000-0000-0000-0000-000000000000")
            types = found.setdefault(key, (KINDS[kind], []))[1]
            if each not in types:
                types.append(each)
    for key, (service, types) in found.items():
        yield key, service, types


def _channel(key: str, service: str, types: list[MessageType]) -> Document:
    return {
        "address": key,
        "servers": [{"$ref": "#/servers/border"}],
        "description": f"Leads to the lane {lane_of(service, '<sender>')}.",
        "messages": {each.name: {"$ref": f"#/components/messages/{each.name}"} for each in types},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": exchange_of("{sender}"),
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                    "vhost": border_vhost("{recipient}"),
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(key: str, action: str) -> Document:
    said: Document = {"action": action, "channel": {"$ref": f"#/channels/{key}"}}
    if action == "send":
        said["bindings"] = {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING}}
    return said


_SAYS: Final = {
    "opener": "Said by the account that opened the thread.",
    "other": "Said by the account that did not open the thread.",
    "either": "Said by either account.",
}


def _message(message_type: MessageType) -> Document:
    where = f"In {message_type.kind} threads" if message_type.kind else "In any thread"
    opens = "; may be the first of its thread" if message_type.opens else ""
    return {
        "name": message_type.name,
        "summary": f"{where}{opens}. {_SAYS[message_type.side]}",
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"#/components/schemas/{message_type.name}"},
        "bindings": {"amqp": {"messageType": message_type.name, "bindingVersion": _BINDING}},
    }
