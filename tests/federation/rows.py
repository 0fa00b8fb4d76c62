"""Rows as they are when a message leaves its record, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.database import Document
from services.federation.outgoing.deliveries import Deliveries

THREAD = "handover/widget/019b0000-0000-7000-8000-0000000000aa"
AT = SteppedClock().now()
ROW: Mapping[str, Any] = {
    "partner": "giga",
    "service": "requests",
    "type": "note.added.v1",
    "thread": THREAD,
    "incarnation": 1,
    "sequence": 2,
    "hash": "a" * 64,
    "sealed": b"",
    "at": AT,
}


def leaving(id: str, **changes: Any) -> Document:
    """A message as it leaves its record."""
    return {**ROW, **changes, "id": id, "kind": "message"}


def taken(context: Context, id: str = "m1", **changes: Any) -> Document:
    """What became of a message that left its record."""
    Deliveries(context).take([leaving(id, **changes)])
    found = context.database["outbox"].find_one({"_id": id})
    assert found is not None
    return found
