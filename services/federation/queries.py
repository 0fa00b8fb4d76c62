"""The read side of the border: deliveries, parked messages, quarantine, and the ledger of a thread.

Each service keeps its own (stored.py), so what is asked here takes the databases of several services by name,
and lists them as one. Who may ask is the caller's to check, except that an end user may never: `WATCHERS`.
Raises NotFound for what is not there, Unavailable when a database does not answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from pymongo.database import Database

from services.common import strict_json
from services.common.actor import Actor
from services.common.database import Document, answering, find_among
from services.common.errors import NotFound
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page
from services.common.roles import WATCHERS
from services.federation import messages
from services.federation.ledger.entries import LEDGER, list_ledger
from services.federation.ledger.kept import KEYS as LEDGER_KEYS
from services.federation.ledger.kept import LISTINGS as LEDGERS
from services.federation.ledger.kept import list_keys, list_said
from services.federation.ledger.lines import SERVICES
from services.federation.outgoing.deliveries import OPEN, QUEUED, SENT
from services.federation.partners import health
from services.federation.partners.trusts import OWNER, Trust
from services.federation.sealing import seals
from services.federation.stored import INBOX, OUTBOX, PARKED, QUARANTINE
from services.federation.verdicts import ACCEPTED, HELD, REFUSED

__all__ = [
    "DELIVERIES",
    "LEDGER",
    "LEDGERS",
    "LEDGER_KEYS",
    "PARKED_MESSAGES",
    "QUARANTINED",
    "SERVICES",
    "get_delivery",
    "get_parked",
    "get_quarantined",
    "list_deliveries",
    "list_keys",
    "list_ledger",
    "list_parked",
    "list_quarantined",
    "list_said",
    "partner_health",
]

Databases = Mapping[str, Database[Document]]

_TEXT = Field(kind=Kind.TEXT, filterable=True)
_TIME = Field(kind=Kind.TIME, filterable=True)

DELIVERIES = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, filterable=True, sortable=True),
        "partner": _TEXT,
        "state": Field(
            kind=Kind.ENUM, filterable=True, choices=frozenset({QUEUED, SENT, HELD, ACCEPTED, REFUSED})
        ),
        "thread": _TEXT,
        "request": Field("request_id", Kind.REFERENCE, filterable=True),
    },
    also=(
        "service",
        "type",
        "incarnation",
        "sequence",
        "hash",
        "refused_code",
        "attempts",
        "created_at",
        "sent_at",
        "answered_at",
        "next_attempt_at",
    ),
    default_fields=(
        "id",
        "service",
        "partner",
        "type",
        "thread",
        "sequence",
        "state",
        "request",
        "created_at",
    ),
    default_sort="-id",
    predefined={
        "unanswered": {"state": {"$in": list(OPEN)}},
        "refused": {"state": REFUSED},
    },
)

PARKED_MESSAGES = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, filterable=True),
        "partner": _TEXT,
        "code": _TEXT,
        "type": _TEXT,
        "thread": _TEXT,
        "sequence": Field(kind=Kind.INTEGER, filterable=True),
        "received_at": Field(kind=Kind.TIME, filterable=True, sortable=True),
        "parked_at": _TIME,
    },
    also=("service", "incarnation", "hash", "detail"),
    default_fields=("id", "service", "partner", "type", "thread", "sequence", "code", "received_at"),
    default_sort="-received_at",
)

QUARANTINED = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, filterable=True, sortable=True),
        "partner": _TEXT,
        "code": _TEXT,
        "received_at": _TIME,
    },
    also=("service", "detail", "size", "tried_until"),
    default_sort="-id",
)

_WITHOUT_BYTES: Final = {"sealed": 0, "receipt": 0}
_BEGINNING_BYTES: Final = 400
_SUMMED: Final = ("unanswered", "refused", "parked", "quarantined", "dropped")


def list_deliveries(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """What became of each message of ours, the newest first. Raises Forbidden."""
    viewer.needs(*WATCHERS)
    rows = {service: database[OUTBOX.name] for service, database in databases.items()}
    return page(rows, DELIVERIES, query, viewer=viewer, projection=_WITHOUT_BYTES).map(_delivery)


def get_delivery(databases: Databases, id: str, viewer: Actor) -> Document:
    """One of them. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    service, row = find_among(databases, OUTBOX.name, {"_id": id})
    return {**_delivery({**row, "service": service}), "payload": _said(row["sealed"])}


def list_parked(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """Partners' messages that wait for a person, the newest first. Raises Forbidden."""
    viewer.needs(*WATCHERS)
    rows = {service: database[INBOX.name] for service, database in databases.items()}
    parked = {"state": PARKED}
    found = page(rows, PARKED_MESSAGES, query, parked, viewer=viewer, projection=_WITHOUT_BYTES)
    return found.map(_parked)


def get_parked(databases: Databases, id: str, viewer: Actor) -> Document:
    """One of them, with what it says and how many wait behind it. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    service, row = find_among(databases, INBOX.name, {"_id": id, "state": PARKED})
    behind = {"thread": row["thread"], "partner": row["partner"], "state": "waiting"}
    with answering():
        waiting = databases[service][INBOX.name].count_documents(behind)
    shown = _parked({**row, "service": service})
    return {**shown, "payload": _said(row["sealed"]), "waiting_behind": waiting}


def list_quarantined(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """Deliveries that nobody is proven to have sent, the newest first. Raises Forbidden."""
    viewer.needs(*WATCHERS)
    rows = {service: database[QUARANTINE.name] for service, database in databases.items()}
    return page(rows, QUARANTINED, query, viewer=viewer, projection=_WITHOUT_BYTES).map(_quarantined)


def get_quarantined(databases: Databases, id: str, viewer: Actor) -> Document:
    """One of them, with what it claims, or else how it begins. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    service, row = find_among(databases, QUARANTINE.name, {"_id": id})
    shown, sealed = _quarantined({**row, "service": service}), bytes(row["sealed"])
    try:
        return {**shown, "claims": _said(sealed)}
    except ValueError:
        return {**shown, "beginning": sealed[:_BEGINNING_BYTES].decode("ascii", "backslashreplace")}


def partner_health(
    databases: Databases, partner: str, viewer: Actor, *, now: datetime, flag_seconds: float
) -> Document:
    """How it stands with a partner (health.py), over all services. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    owner = databases[OWNER]
    with answering():
        document = owner["trusts"].find_one({"_id": partner})
    if document is None:
        raise NotFound()
    trust = Trust.from_document(document)
    standings = [health.standing(database, name, partner) for name, database in databases.items()]
    expires_at = health.authority_expires_at(trust.border_ca)
    keys_at, own_keys_at = health.announced(owner, partner)
    found = health.problems(
        trust,
        standings,
        now=now,
        expires_at=expires_at,
        flag_seconds=flag_seconds,
        keys_refused=(document.get("announcement") or {}).get("refused"),
    )
    sums = {name: sum(getattr(each, name) for each in standings) for name in _SUMMED}
    return {
        "id": partner,
        "account": {"id": partner, "name": trust.name},
        "status": trust.status,
        "well": not found,
        "problems": [vars(problem) for problem in found],
        "delivery": health.delivery(trust, standings),
        "heard_at": health.last(each.heard_at for each in standings),
        "unanswered_since": health.first(each.unanswered_since for each in standings),
        **sums,
        "keys_heard_at": keys_at,
        "own_keys_taken_at": own_keys_at,
        "own_keys_since": health.own_keys_since(owner),
        "authority_expires_at": expires_at,
        "services": [vars(each) for each in standings],
    }


def _delivery(row: Document) -> Document:
    shown = _shown(row)
    shown["created_at"] = shown.pop("at")
    shown["next_attempt_at"] = shown.pop("due", {}).get("at")
    names = (*DELIVERIES.names, "request_id", "version")
    return {name: shown.get(name) for name in names if name != "request"} | {"version": _version(row)}


def _parked(row: Document) -> Document:
    shown = _shown(row)
    return {name: shown.get(name) for name in PARKED_MESSAGES.names} | {"version": row["attempts"] + 1}


def _quarantined(row: Document) -> Document:
    shown = _shown(row) | {"detail": row["text"], "tried_until": row.get("until")}
    return {name: shown.get(name) for name in QUARANTINED.names} | {"version": row.get("tries", 0) + 1}


def _shown(row: Document) -> Document:
    return {"id": row["_id"], **{name: value for name, value in row.items() if name not in ("_id", "sealed")}}


def _version(row: Document) -> int:
    """Rises with each thing that becomes of a delivery."""
    return int(row["attempts"] + 1 + ("answered_at" in row) + (row["state"] == HELD))


def _said(sealed: bytes) -> Document:
    """The payload of a message, without what only the recipient may open. Raises ValueError for none."""
    said = strict_json.loads(seals.parse(bytes(sealed), seals.MESSAGE)[1])
    if not isinstance(said, dict):
        raise ValueError("not a message")
    if isinstance(said.get("body"), dict):
        said["body"] = {**said["body"], **dict.fromkeys(messages.secrets_in(said["body"]))}
    return said
