"""What the trial says: bodies that any account takes without anybody's help there.

The agreements that it offers are expired ones, so that nobody hands anything over under them.
"""

from __future__ import annotations

from typing import Any, Final

OFFERED: Final = "agreement.offered.v1"
CHANGED: Final = "agreement.changed.v1"
ENDED: Final = "agreement.ended.v1"

NOTE_ID: Final = 1

_NAME: Final = "Conformance"


def offer(name: str = _NAME) -> dict[str, Any]:
    """The body of `agreement.offered` and `agreement.changed`."""
    days = {"start_date": "2026-01-01", "notice_date": None, "expiry_date": "2026-01-02"}
    return {
        "sla": {"id": 1, "name": name, "status": "expired", "coverage": "customer_account", **days},
        "service": {"id": 1, "name": _NAME},
        "service_offering": {"id": 1, "name": _NAME},
        "service_instance": {"id": 1, "name": _NAME, "status": "discontinued"},
        "support_team": {"id": 1, "name": _NAME},
        "first_line_team": None,
        "provider": {"id": 1, "name": _NAME},
        "customer": {"id": 2, "name": _NAME},
        "representatives": [],
    }


def ended() -> dict[str, Any]:
    """The body of `agreement.ended`."""
    return {"sla": {"id": 1, "status": "expired"}, "at": "2026-01-02T00:00:00.000Z"}


def receipt(hash: str) -> dict[str, Any]:
    """The body of a receipt for the first message of a thread."""
    first = {"incarnation": 1, "sequence": 1}
    return {**first, "hash": hash, "verdict": "accepted", "code": None, "applied": first, "missing": []}


def note(text: str) -> dict[str, Any]:
    said = {"id": NOTE_ID, "text": text, "person": None, "medium": "default"}
    return {**said, "created_at": "2026-01-05T09:00:00.000Z"}
