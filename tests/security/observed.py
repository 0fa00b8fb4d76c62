"""The first word of an observation thread, as a partner says it."""

from __future__ import annotations

import uuid
from typing import Any

from services.common.clock import iso
from services.common.context import Context
from services.federation.messages.observations import OBSERVED
from services.federation.sealing.envelope import Message


def first_word(context: Context, partner: str, number: int, agreement: str) -> Message:
    """A partner shows a request; `number` is its id there."""
    now = iso(context.clock.now())
    note = {"id": 1, "text": "See this", "person": None, "medium": "default", "created_at": now}
    body: dict[str, Any] = {
        "revision": [1, 1],
        "request_id": number,
        "agreements": [agreement],
        "subject": "Findable",
        "category": "incident",
        "impact": "low",
        "status": "assigned",
        "completion_reason": None,
        "requested_for": "Ada Lovelace",
        "created_at": now,
        "completed_at": None,
        "desired_completion_at": None,
        "notes": [note],
        "note_count": 1,
    }
    return Message(
        id=str(uuid.uuid4()),
        type=OBSERVED,
        sender=partner,
        recipient=context.account,
        thread=f"observation/{partner}/{uuid.uuid4()}",
        incarnation=1,
        sequence=1,
        prev=None,
        sent_at=context.clock.now(),
        traceparent=None,
        body=body,
    )
