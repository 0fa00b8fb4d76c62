"""What crosses the border, and what is kept there."""

from __future__ import annotations

from gateway.kinds import references
from gateway.records import Shape
from services.common.parking.queries import PARKED_EVENTS
from services.common.parking.schemas import ParkedEventSchema
from services.federation import queries as border
from services.federation import schemas as border_schemas
from services.requests import queries as requests
from services.requests import schemas as request_schemas

HANDOVER = Shape(
    "hand-over",
    request_schemas.HandoverSchema,
    requests.HANDOVERS,
    references={
        **references("request"),
        **references("service_instance"),
        **references("team", "team", "handed_by_team"),
        **references("person", "handed_by_member"),
    },
)
DELIVERY = Shape(
    "delivery",
    border_schemas.DeliverySchema,
    border.DELIVERIES,
    references=references("request"),
    alone=("payload",),
)
PARKED_MESSAGE = Shape(
    "parked message",
    border_schemas.ParkedMessageSchema,
    border.PARKED_MESSAGES,
    alone=("payload", "waiting_behind"),
)
PARKED_EVENT = Shape(
    "parked event",
    ParkedEventSchema,
    PARKED_EVENTS,
    references=references("person", "settled_by"),
    alone=("queue", "payload"),
)
QUARANTINED_MESSAGE = Shape(
    "quarantined message",
    border_schemas.QuarantinedMessageSchema,
    border.QUARANTINED,
    alone=("claims", "beginning"),
)
LEDGER_ENTRY = Shape("ledger entry", border_schemas.LedgerEntrySchema, border.LEDGER)
SAID = {
    direction: Shape(f"{direction} message", border_schemas.SaidSchema, listing)
    for direction, listing in border.LEDGERS.items()
}
LEDGER_KEY = Shape("key", border_schemas.LedgerKeySchema, border.LEDGER_KEYS)
