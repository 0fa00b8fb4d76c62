"""How an event row of a record is said on the account's bus."""

from __future__ import annotations

from typing import Protocol

from kombu import Exchange

from services.common import bus_json
from services.common.clock import iso
from services.common.database import Document
from services.common.publishing import Outgoing
from services.common.trace import TRACEPARENT


class Publishes(Protocol):
    def publish(self, *messages: Outgoing) -> None: ...


def event_exchange(service: str) -> Exchange:
    """Where a service's events are published; the routing key is the event's type."""
    return Exchange(_exchange_name(service), type="topic", durable=True, delivery_mode=2)


def outgoing(service: str, row: Document) -> Outgoing:
    """The message that says an event row."""
    headers = {"at": iso(row["at"])}
    if row.get("traceparent"):
        headers[TRACEPARENT] = row["traceparent"]
    return Outgoing(
        exchange=_exchange_name(service),
        routing_key=row["type"],
        body=bus_json.encode(row["body"]),
        headers=headers,
        message_id=row["id"],
        type=row["type"],
    )


def _exchange_name(service: str) -> str:
    return f"{service}.events"
