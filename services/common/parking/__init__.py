"""Events that could not be handled, kept with their bytes for a person to look at: `parked_events`.

    {_id, version, queue, handler, type, message_id, body: bytes, content_type, headers, code, detail, tries,
    parked_at, state, settled_at, settled_by_id}

    parked ──> replayed ──> parked   (it could not be handled again)
       └─────> discarded

Nothing is deleted. `_id` is made of the queue, the message's id and its bytes: the same event is the same
document however often it is parked, and two events never share one.

A replay puts the same bytes back into the handler's queue, and marks the document then: a crash between the
two leaves it parked, and handlers bear an event that comes twice. `version` rises with each change, so a mark
never covers what was parked again meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.clock import Clock
from services.common.database import Document, answering
from services.common.errors import Conflict, NotFound
from services.common.outbox import Publishes
from services.common.publishing import Outgoing, Unroutable
from services.common.store import Collection, Index

COLLECTION: Final = Collection("parked_events", (Index(["state", "-parked_at"]),), records=False)

PARKED, REPLAYED, DISCARDED = "parked", "replayed", "discarded"


@dataclass(frozen=True)
class Parked:
    """One message as it came, and why it is here."""

    queue: str
    handler: str
    type: str
    message_id: str
    body: bytes = field(repr=False)
    content_type: str
    headers: Mapping[str, Any]
    code: str
    detail: str
    tries: int

    @property
    def id(self) -> str:
        """Hexadecimal: it stands in a URL."""
        named = f"{self.queue}\n{self.message_id}\n".encode()
        return hashlib.sha256(named + self.body).hexdigest()[:32]


def park(database: Database[Document], clock: Clock, parked: Parked) -> None:
    """Keeps it; again is no harm. Raises `Unavailable`."""
    document = {**vars(parked), "headers": dict(parked.headers), "parked_at": clock.now(), "state": PARKED}
    change = {
        "$set": document,
        "$unset": {"settled_at": "", "settled_by_id": ""},
        "$inc": {"version": 1},
    }
    with answering():
        database[COLLECTION.name].update_one({"_id": parked.id}, change, upsert=True)


def replay(database: Database[Document], clock: Clock, publisher: Publishes, id: str, by: Actor) -> None:
    """Puts the message back into its queue.

    Raises `NotFound`, `Conflict` (`not_parked`; `no_handler` when nothing has that queue any more),
    `Unavailable`.
    """
    document = _parked(database, id)
    again = Outgoing(
        exchange="",
        routing_key=document["queue"],
        body=document["body"],
        headers=document["headers"],
        content_type=document["content_type"],
        message_id=document["message_id"],
        type=document["type"],
        mandatory=True,
    )
    try:
        publisher.publish(again)
    except Unroutable as error:
        text = f"Nothing takes such events: the queue {document['queue']} is gone. Discard it."
        raise Conflict("no_handler", text) from error
    _settle(database, clock, document, REPLAYED, by)


def discard(database: Database[Document], clock: Clock, id: str, by: Actor) -> None:
    """Says that nobody needs it handled; it is kept. Raises `NotFound`, `Conflict`, `Unavailable`."""
    if not _settle(database, clock, _parked(database, id), DISCARDED, by):
        raise Conflict("not_parked", "The event was replayed or parked again just now. Look at it once more.")


def waiting(database: Database[Document]) -> int:
    """How many wait for a person, up to 10,000. Raises `Unavailable`."""
    with answering():
        return database[COLLECTION.name].count_documents({"state": PARKED}, limit=10_000)


def _parked(database: Database[Document], id: str) -> Document:
    with answering():
        document = database[COLLECTION.name].find_one({"_id": id})
    if document is None:
        raise NotFound("not_found", "There is no such event.")
    if document["state"] != PARKED:
        raise Conflict("not_parked", f"The event is not parked: it was {document['state']}.")
    return document


def _settle(database: Database[Document], clock: Clock, document: Document, state: str, by: Actor) -> bool:
    seen = {"_id": document["_id"], "state": PARKED, "version": document["version"]}
    settled = {"state": state, "settled_at": clock.now(), "settled_by_id": by.person_id}
    with answering():
        result = database[COLLECTION.name].update_one(seen, {"$set": settled, "$inc": {"version": 1}})
    return result.matched_count > 0
