"""The ledger as a service's store has it: its heads, its messages, and the keys of those who speak in it.

Heads are computed by the service that keeps the threads, for its seal; messages and keys are only read. Who
may ask is the caller's to check, and that it is one of `AUDITORS` is checked here again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.clock import iso
from services.common.database import Document, answering
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page, page_at_hand
from services.common.roles import AUDITORS
from services.federation import messages
from services.federation.ledger.heads import Head, Row, run_of
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.sealing import seals
from services.federation.sealing.envelope import read_verified
from services.federation.sealing.keys import SEAL
from services.federation.stored import INBOX, OUTBOX, PARKED
from services.federation.verdicts import ACCEPTED, REFUSED

# What waits for others before it is not in yet; what a revoked key sealed nobody is proven to have said.
_TAKEN: Final = {"state": {"$in": [ACCEPTED, REFUSED, PARKED]}, "code": {"$ne": "revoked_key"}}
_PLACE: Final = dict.fromkeys(("thread", "partner", "incarnation", "sequence", "hash"), 1)

# A few threads at a time, of which the heads tell how long they are: no order of threads is needed.
_SAID: Final = (
    "partner",
    "incarnation",
    "sequence",
    "sealed",
    "withheld",
    "state",
    "code",
    "at",
    "answered_at",
)
_FIELDS: Final = {
    "id": Field("_id", Kind.TEXT, sortable=True),
    "thread": Field(kind=Kind.TEXT, filterable=True),
}
LISTINGS: Final[Mapping[str, Listing]] = {
    SENT: Listing(fields=_FIELDS, also=(*_SAID, "receipt"), default_sort="id"),
    RECEIVED: Listing(fields=_FIELDS, also=(*_SAID, "approved_at"), default_sort="id"),
}
KEYS: Final = Listing(
    fields={"id": Field(kind=Kind.TEXT, sortable=True)},
    also=("account", "state", "public"),
    default_sort="id",
)


def heads_behind(
    database: Database[Document],
    now: datetime,
    *,
    after: str | None = None,
    partners: Iterable[str] | None = None,
    threads: Iterable[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Iterator[Head]:
    """The heads of all threads behind `after`, in the order of their ids; read as far as they are taken.
    None narrows nothing. Raises Unavailable."""
    behind: dict[str, Any] = {"thread": {"$gt": after or ""}}
    if threads is not None:
        behind = {"thread": {"$in": sorted(thread for thread in set(threads) if thread > (after or ""))}}
    if partners is not None:
        behind["partner"] = {"$in": sorted(partners)}
    of_sent, of_received = {**_PLACE, "at": 1, "receipt": 1}, {**_PLACE, "received_at": 1}
    with answering():
        sent = database[OUTBOX.name].find(behind, of_sent).sort("thread", 1)
        received = database[INBOX.name].find({**behind, **_TAKEN}, of_received).sort("thread", 1)
        by_thread: Callable[[tuple[str, Document]], str] = lambda each: each[1]["thread"]  # noqa: E731
        rows = merge(((SENT, row) for row in sent), ((RECEIVED, row) for row in received), key=by_thread)
        for _, group in groupby(rows, key=by_thread):
            yield from _heads_of(list(group), now, since, until)


def _heads_of(
    rows: list[tuple[str, Document]], now: datetime, since: datetime | None, until: datetime | None
) -> Iterator[Head]:
    """The heads of one thread, one for each partner who spoke in it."""
    for partner in sorted({row["partner"] for _, row in rows}):
        runs = {
            direction: run_of(
                (_row(row) for way, row in rows if (way, row["partner"]) == (direction, partner)),
                now,
                since,
                until,
            )
            for direction in (SENT, RECEIVED)
        }
        if any(runs.values()):
            yield Head(rows[0][1]["thread"], partner, runs[SENT], runs[RECEIVED])


def _row(row: Document) -> Row:
    place = row["incarnation"], row["sequence"]
    return Row(place, row["hash"], row.get("at") or row["received_at"], row.get("receipt") is not None)


def list_said(database: Database[Document], direction: str, query: ListQuery, viewer: Actor) -> Page:
    """The messages of threads as they were sealed, `direction` sent or received. Raises Forbidden."""
    viewer.needs(*AUDITORS)
    among = _TAKEN if direction == RECEIVED else {}
    rows = database[{SENT: OUTBOX, RECEIVED: INBOX}[direction].name]
    return page(rows, LISTINGS[direction], query, among, viewer=viewer).map(_said)


def _said(row: Document) -> Document:
    sealed = bytes(row["sealed"])
    withheld = _withheld(sealed, row)
    return {
        "id": row["_id"],
        **{name: row.get(name) for name in ("thread", "partner", "incarnation", "sequence", "state")},
        "sealed": None if withheld else sealed.decode(),
        "withheld": withheld,
        "receipt": bytes(row["receipt"]).decode() if row.get("receipt") else None,
        "code": row.get("code"),
        "at": row.get("at") or row["received_at"],
        "answered_at": row.get("answered_at"),
        "approved_at": row.get("approved_at"),
    }


def _withheld(sealed: bytes, row: Document) -> Document | None:
    """The place of a message that carries secrets; None where all of it may be told."""
    message = read_verified(sealed)
    if not messages.secrets_in(message.body):
        return None
    names = ("id", "type", "sender", "recipient", "thread", "incarnation", "sequence", "prev", "hash")
    kid, _ = seals.parse(sealed, seals.MESSAGE)
    return {**{name: getattr(message, name) for name in names}, "sent_at": iso(message.sent_at), "kid": kid}


def list_keys(organizations: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """The public keys that the account and its partners seal with: `{id: kid, account, state, public}`.
    `organizations` is the database of the service that owns them. Raises Forbidden."""
    viewer.needs(*AUDITORS)
    with answering():
        rings = list(organizations["keyrings"].find({}, {"account": 1, "keys": 1}))
    keys = [
        {**{name: key[name] for name in ("state", "public")}, "id": key["kid"], "account": ring["account"]}
        for ring in sorted(rings, key=itemgetter("account"))
        for key in ring["keys"]
        if key["use"] == SEAL
    ]
    return page_at_hand(keys, KEYS, query)
