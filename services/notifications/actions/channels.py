"""The ways by which what is told reaches people.

Each channel is a function that brings the entries of one request to whom they are for, as its record has
them. It is called after every change, and again after a crash, so it must do once what it is asked twice. The
inbox is the first; mail, for who wants it (`send_email_notifications`), will stand beside it in `CHANNELS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.common.context import Context
from services.common.database import answering, insert_missing
from services.common.store import Record
from services.notifications import documents, store
from services.notifications.model import Reason

Document = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A request's record as it was saved, and whether that has, or may have, opened and closed entries."""

    record: Record
    opened: bool
    closed: bool


def into_inbox(context: Context, change: Change) -> None:
    """What is open stands in its inbox, and nothing else that was opened before does. Raises Unavailable."""
    record = change.record
    inbox, entries = context.database[store.INBOX_ENTRIES.name], record.state["open"]
    situation = record.state["situation"]
    missing = [documents.in_inbox(record.id, each, _taken_by(each, situation)) for each in entries]
    over = {
        "request_id": record.id,
        "open": True,
        "opened_in": {"$lte": record.version},
        "_id": {"$nin": [each["id"] for each in entries]},
    }
    with answering():
        if missing and change.opened:
            insert_missing(inbox, missing)
        if change.closed:
            closed = {"open": False, "closed_at": context.clock.now()}
            inbox.update_many(over, {"$set": closed, "$inc": {"version": 1}})


CHANNELS: Final[Mapping[str, Callable[[Context, Change], None]]] = {"inbox": into_inbox}


def bring(context: Context, change: Change) -> None:
    """By all channels. Raises Unavailable."""
    for channel in CHANNELS.values():
        channel(context, change)


def _taken_by(entry: Document, situation: Document | None) -> int | None:
    """Who takes a request himself knows of it."""
    if situation is None or entry["reason"] != Reason.ASSIGNED or entry["at"] != situation["at"]:
        return None
    return entry["person_id"] if entry["person_id"] == situation["by_id"] else None
