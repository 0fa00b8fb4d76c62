"""The read side of the border: deliveries, parked messages, quarantine, and the ledger of a thread.

Each service keeps its own (stored.py), so what is asked here takes the databases of several services by name,
and lists them as one. Who may ask is the caller's to check, except that an end user may never: `WATCHERS`.
Raises NotFound for what is not there, Unavailable when a database does not answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common import strict_json
from services.common.actor import Actor
from services.common.database import Document, answering
from services.common.errors import NotFound
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page
from services.federation import messages, seals
from services.federation.deliveries import OPEN, QUEUED, SENT
from services.federation.ledger.kept import AUDITORS, list_keys, list_said
from services.federation.ledger.kept import KEYS as LEDGER_KEYS
from services.federation.ledger.kept import LISTINGS as LEDGERS
from services.federation.ledger.lines import SERVICES
from services.federation.stored import INBOX, OUTBOX, PARKED, QUARANTINE
from services.federation.verdicts import ACCEPTED, HELD, REFUSED

__all__ = [
    "AUDITORS",
    "DELIVERIES",
    "LEDGERS",
    "LEDGER_KEYS",
    "PARKED_MESSAGES",
    "QUARANTINED",
    "SERVICES",
    "WATCHERS",
    "get_delivery",
    "get_parked",
    "ledger",
    "list_deliveries",
    "list_keys",
    "list_parked",
    "list_quarantined",
    "list_said",
]

Databases = Mapping[str, Database[Document]]

WATCHERS: Final = (
    "account_administrator",
    "account_owner",
    "auditor",
    "service_desk_manager",
    "service_desk_analyst",
    "service_level_manager",
    "specialist",
)

LEDGER_LIMIT: Final = 1_000

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
    also=("service", "text", "size"),
    default_sort="-id",
)

_WITHOUT_BYTES: Final = {"sealed": 0, "receipt": 0}


def list_deliveries(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """What became of each message of ours, the newest first. Raises Forbidden."""
    viewer.needs(*WATCHERS)
    rows = {service: database[OUTBOX.name] for service, database in databases.items()}
    return page(rows, DELIVERIES, query, viewer=viewer, projection=_WITHOUT_BYTES).map(_delivery)


def get_delivery(databases: Databases, id: str, viewer: Actor) -> Document:
    """One of them. Raises Forbidden, NotFound."""
    viewer.needs(*WATCHERS)
    service, row = _one(databases, OUTBOX.name, {"_id": id})
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
    service, row = _one(databases, INBOX.name, {"_id": id, "state": PARKED})
    behind = {"thread": row["thread"], "partner": row["partner"], "state": "waiting"}
    with answering():
        waiting = databases[service][INBOX.name].count_documents(behind)
    shown = _parked({**row, "service": service})
    return {**shown, "payload": _said(row["sealed"]), "waiting_behind": waiting}


def list_quarantined(databases: Databases, query: ListQuery, viewer: Actor) -> Page:
    """Deliveries that nobody is proven to have sent, the newest first. Raises Forbidden."""
    viewer.needs(*WATCHERS)
    rows = {service: database[QUARANTINE.name] for service, database in databases.items()}
    return page(rows, QUARANTINED, query, viewer=viewer, projection=_WITHOUT_BYTES).map(_shown)


def ledger(database: Database[Document], partner: str, thread: str) -> list[Document]:
    """Who said what in a thread and what the other answered, in the order of our own clock.

    Each entry: `{direction: sent|received, type, incarnation, sequence, hash, message_id, at, state, code,
    answered_at, receipt}`; `receipt` is whether the partner's signed receipt is kept. At most 1,000 entries.
    """
    of_thread = {"thread": thread, "partner": partner}
    with answering():
        sent = list(database[OUTBOX.name].find(of_thread, {"sealed": 0}).limit(LEDGER_LIMIT))
        received = list(database[INBOX.name].find(of_thread, {"sealed": 0}).limit(LEDGER_LIMIT))
    return sorted([*_sent(sent), *_received(received)], key=lambda entry: entry["at"])[:LEDGER_LIMIT]


def _sent(rows: list[Document]) -> Iterator[Document]:
    for row in rows:
        yield {
            **_entry(row, "sent"),
            "message_id": row["_id"],
            "at": row["at"],
            "code": row.get("code"),
            "receipt": "receipt" in row,
        }


def _received(rows: list[Document]) -> Iterator[Document]:
    for row in rows:
        yield {
            **_entry(row, "received"),
            "message_id": row["message_id"],
            "at": row["received_at"],
            "code": row["code"],
            "receipt": False,
        }


def _entry(row: Document, direction: str) -> Document:
    names = ("type", "incarnation", "sequence", "hash", "state")
    kept = {name: row[name] for name in names}
    return {"direction": direction, **kept, "answered_at": row.get("answered_at")}


def _delivery(row: Document) -> Document:
    shown = _shown(row)
    shown["created_at"] = shown.pop("at")
    shown["next_attempt_at"] = shown.pop("due", None)
    names = (*DELIVERIES.names, "request_id", "version")
    return {name: shown.get(name) for name in names if name != "request"} | {"version": _version(row)}


def _parked(row: Document) -> Document:
    shown = _shown(row)
    return {name: shown.get(name) for name in PARKED_MESSAGES.names} | {"version": row["attempts"] + 1}


def _shown(row: Document) -> Document:
    return {"id": row["_id"], **{name: value for name, value in row.items() if name not in ("_id", "sealed")}}


def _version(row: Document) -> int:
    """Rises with each thing that becomes of a delivery."""
    return int(row["attempts"] + 1 + ("answered_at" in row) + (row["state"] == HELD))


def _said(sealed: bytes) -> Document:
    """The payload of a message, without what only the recipient may open."""
    said = strict_json.loads(seals.parse(bytes(sealed), seals.MESSAGE)[1])
    assert isinstance(said, dict)
    said["body"] = {**said["body"], **dict.fromkeys(messages.secrets_in(said["body"]))}
    return said


def _one(databases: Databases, collection: str, filter: Mapping[str, Any]) -> tuple[str, Document]:
    for service, database in databases.items():
        with answering():
            row = database[collection].find_one(filter)
        if row is not None:
            return service, row
    raise NotFound()
