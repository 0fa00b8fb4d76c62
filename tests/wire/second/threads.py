"""What may be said, and in which order: sections 2, 3 and 6 of docs/partner-protocol.md."""

from __future__ import annotations

import os
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.wire.second.sealing import Json, Unproven

_GIVE = "episode request_id agreement service_instance_id origin core_version core team member notes"
_OFFER = (
    "sla service service_offering service_instance support_team first_line_team provider customer"
    " representatives"
)
#: By type: the kind of its threads, who says it there, and the members that a body has at least.
TYPES: Mapping[str, tuple[str, str, str]] = {
    "request.handed_over.v1": ("handover", "opener", _GIVE),
    "request.reopened.v1": ("handover", "opener", f"{_GIVE} note"),
    "request.answered.v1": ("handover", "opener", "episode question note team member"),
    "request.recalled.v1": ("handover", "opener", "episode note"),
    "request.closed.v1": ("handover", "opener", "episode note"),
    "request.taken.v1": ("handover", "other", "episode request_id status team member"),
    "request.progressed.v1": ("handover", "other", "episode status team member waiting_until"),
    "request.waiting_for_customer.v1": ("handover", "other", "episode question note team member"),
    "request.completed.v1": (
        "handover",
        "other",
        "episode completion_reason completed_at note team member",
    ),
    "request.declined.v1": ("handover", "other", "episode code note team member"),
    "request.core_changed.v1": ("handover", "", "episode core_version core"),
    "request.restated.v1": ("handover", "", "by episode request_id"),
    "note.added.v1": ("handover", "", "episode note"),
    "agreement.offered.v1": ("agreement", "opener", _OFFER),
    "agreement.changed.v1": ("agreement", "opener", _OFFER),
    "agreement.activated.v1": ("agreement", "opener", "sla at"),
    "agreement.ended.v1": ("agreement", "opener", "sla at"),
    "attachment.offered.v1": ("handover", "", "episode note_id file"),
    "attachment.wanted.v1": ("handover", "", "offer ranges code"),
    "attachment.chunk.v1": ("handover", "", "offer start data"),
    "organization.published.v1": ("card", "opener", "organization revision picture addresses contacts"),
    "organization.withdrawn.v1": ("card", "opener", "organization_id revision"),
    "organization.asked.v1": ("trust", "", "organization_id"),
    "trust.accepted.v1": ("trust", "", "invitation name domain border credentials keys"),
    "keys.announced.v1": ("trust", "", "keys"),
    "trust.ended.v1": ("trust", "", "reason"),
    "receipt.v1": ("", "", "incarnation sequence hash verdict code applied missing"),
}
OPENING = (
    "request.handed_over.v1",
    "agreement.offered.v1",
    "organization.published.v1",
    "trust.accepted.v1",
)
SERVICES = {
    "handover": "requests",
    "observation": "requests",
    "agreement": "slas",
    "trust": "organizations",
    "card": "organizations",
}
RECEIPT = "receipt.v1"
OUT_OF_ORDER = (RECEIPT, "attachment.wanted.v1", "attachment.chunk.v1")
SUPERSEDED = "superseded"  # a remark
WINDOW = 64

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ENVELOPE = {
    "id": _UUID,
    "type": r"[a-z]+([._][a-z]+)*\.v[1-9][0-9]{0,3}",
    "sender": r"[a-z][a-z0-9-]{1,30}",
    "recipient": r"[a-z][a-z0-9-]{1,30}",
    "thread": rf"(trust|card|agreement|handover|observation)/[a-z][a-z0-9-]{{1,30}}/{_UUID}",
    "sent_at": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
    "prev": "[0-9a-f]{64}",
    "traceparent": r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
}


class Refused(Exception):
    """A final verdict other than accepted; its text is the code."""


class Parked(Exception):
    """No verdict: a person has to look. Its text is the code."""


@dataclass
class Sent:
    """A message of ours, and what became of it."""

    type: str
    routing_key: str
    sealed: bytes = field(repr=False)
    hash: str
    tried_at: float = 0.0
    verdict: str | None = None
    code: str | None = None

    @property
    def final(self) -> bool:
        return self.verdict in ("accepted", "refused")


@dataclass
class Thread:
    """Both directions of one thread."""

    id: str
    sent: dict[int, Sent] = field(default_factory=dict)
    applied: int = 0
    applied_hash: str | None = None
    verdicts: dict[int, tuple[str, str | None]] = field(default_factory=dict)
    waiting: dict[int, Json] = field(default_factory=dict)  # came ahead; or the next one, which is parked
    parked: str | None = None

    @property
    def kind(self) -> str:
        return self.id.split("/")[0]

    @property
    def opener(self) -> str:
        return self.id.split("/")[1]


def check(message: Any, partner: str, account: str) -> None:
    """The members of the envelope, and whose it is. Raises Unproven."""
    try:
        for name, pattern in _ENVELOPE.items():
            if message[name] is None and name in ("prev", "traceparent"):
                continue
            if not re.fullmatch(pattern, message[name]):
                raise ValueError
        number = message["sequence"]
        if message["incarnation"] < 1 or number < 0 or not isinstance(message["body"], dict):
            raise ValueError
        if (message["type"] in OUT_OF_ORDER) != (number == 0):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise Unproven("invalid_envelope") from None
    if message["sender"] != partner:
        raise Unproven("wrong_sender")
    if message["recipient"] != account:
        raise Unproven("wrong_recipient")
    if message["thread"].split("/")[1] not in (account, partner):
        raise Unproven("not_in_thread")


def unfit(thread: Thread, message: Json) -> str | None:
    """Why a message is parked."""
    if message["type"] not in TYPES:
        return "unknown_type"
    kind, side, members = TYPES[message["type"]]
    if any(name not in message["body"] for name in members.split()):
        return "invalid_body"
    if kind != thread.kind:
        return "wrong_kind"
    opens = message["sender"] == thread.opener
    if side and (side == "opener") != opens:
        return "wrong_side"
    return "not_an_opening" if message["sequence"] == 1 and opens and message["type"] not in OPENING else None


def now_text() -> str:
    return time_text(datetime.now(UTC))


def time_text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """A UUID of version 7."""
    made = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    made[6], made[8] = made[6] & 0x0F | 0x70, made[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(made)))
