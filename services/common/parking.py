"""Events that could not be handled, kept with their bytes for a person to look at: `parked_events`.

`{_id, queue, handler, type, body: bytes, content_type, headers, code, detail, tries, parked_at, state,
settled_at, settled_by}` with state `parked`, `replayed` or `discarded`. Nothing is deleted. A replay puts the
same bytes back into the handler's queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo.database import Database

from services.common.clock import Clock
from services.common.database import Document, answering
from services.common.errors import NotFound
from services.common.outbox import Publishes
from services.common.publishing import Outgoing

COLLECTION = "parked_events"


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


def park(database: Database[Document], clock: Clock, parked: Parked) -> None:
    """Keeps it; again is no harm. Raises `Unavailable`."""
    document = {**vars(parked), "headers": dict(parked.headers), "parked_at": clock.now(), "state": "parked"}
    with answering():
        database[COLLECTION].update_one(
            {"_id": f"{parked.queue}:{parked.message_id}"}, {"$set": document}, upsert=True
        )


def listed(database: Database[Document], state: str = "parked") -> list[Document]:
    """The parked events of that state, oldest first, without their bytes."""
    with answering():
        found = database[COLLECTION].find({"state": state}, {"body": 0})
        return sorted(found, key=lambda document: str(document["parked_at"]))


def replay(database: Database[Document], clock: Clock, publisher: Publishes, id: str, by: str) -> None:
    """Puts the message back into its queue. Raises `NotFound`, `Unavailable`."""
    document = _parked(database, id)
    publisher.publish(
        Outgoing(
            exchange="",
            routing_key=document["queue"],
            body=document["body"],
            headers=document["headers"],
            content_type=document["content_type"],
            message_id=document["message_id"],
            type=document["type"],
            mandatory=True,
        )
    )
    _settle(database, clock, id, "replayed", by)


def discard(database: Database[Document], clock: Clock, id: str, by: str) -> None:
    """Says that nobody needs it handled; it is kept. Raises `NotFound`, `Unavailable`."""
    _parked(database, id)
    _settle(database, clock, id, "discarded", by)


def _parked(database: Database[Document], id: str) -> Document:
    with answering():
        document = database[COLLECTION].find_one({"_id": id, "state": "parked"})
    if document is None:
        raise NotFound("not_parked", "No event with this id is parked.")
    return document


def _settle(database: Database[Document], clock: Clock, id: str, state: str, by: str) -> None:
    settled = {"state": state, "settled_at": clock.now(), "settled_by": by}
    with answering():
        database[COLLECTION].update_one({"_id": id}, {"$set": settled})
