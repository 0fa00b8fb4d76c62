"""The ledger of threads for people: what was sent and received, in one list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pymongo.database import Database

from services.common.database import Document
from services.common.listing import Field, Kind, Listing, ListQuery, Page, Told, page_of_told
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.stored import INBOX, OUTBOX

LEDGER = Listing(
    fields={
        "id": Field(kind=Kind.TEXT, sortable=True),
        "at": Field(kind=Kind.TIME, sortable=True),
    },
    also=(
        "direction",
        "partner",
        "thread",
        "type",
        "incarnation",
        "sequence",
        "hash",
        "state",
        "code",
        "answered_at",
        "receipt",
    ),
    default_sort="at",
)


def list_ledger(database: Database[Document], threads: Iterable[tuple[str, str]], query: ListQuery) -> Page:
    """Who said what in threads, `(partner, thread)`, and what the other answered, by our own clock.

    Each entry: `{id, direction: sent|received, partner, thread, type, incarnation, sequence, hash, at, state,
    code, answered_at, receipt}`; `id` is the message's, `receipt` whether the partner's signed receipt is
    kept. Who may ask is the caller's to check.
    """
    return page_of_told([each for place in threads for each in _told(database, *place)], LEDGER, query)


def _told(database: Database[Document], partner: str, thread: str) -> Iterator[Told]:
    here, unsealed = {"thread": thread, "partner": partner}, {"sealed": 0}
    yield Told(database[OUTBOX.name], here, {"id": "_id", "at": "at"}, _sent, unsealed)
    received = {"id": "message_id", "at": "received_at"}
    yield Told(database[INBOX.name], here, received, _received, unsealed)


def _sent(row: Document) -> Document:
    return {
        **_entry(row, SENT),
        "id": row["_id"],
        "at": row["at"],
        "code": row.get("code"),
        "receipt": "receipt" in row,
    }


def _received(row: Document) -> Document:
    return {
        **_entry(row, RECEIVED),
        "id": row["message_id"],
        "at": row["received_at"],
        "code": row["code"],
        "receipt": False,
    }


def _entry(row: Document, direction: str) -> Document:
    names = ("partner", "thread", "type", "incarnation", "sequence", "hash", "state")
    kept = {name: row[name] for name in names}
    return {"direction": direction, **kept, "answered_at": row.get("answered_at")}
