"""A person marks what he has read. Of a team's inbox each member has read for himself."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import NotFound, PreconditionFailed
from services.notifications import store

Document = dict[str, Any]


def mark(context: Context, actor: Actor, id: int, read: bool, version: int | None = None) -> None:
    """Marks one entry as read, or as not read. Raises NotFound, PreconditionFailed, Unavailable."""
    entry = {"_id": id, **store.in_his_inboxes(actor)}
    inbox = context.database[store.INBOX_ENTRIES.name]
    if read:
        among, change = store.unread_by(actor), _read(context, actor)
    else:
        among = store.read_by(actor)
        change = {"$pull": {"readers": {"person_id": actor.person_id}}, "$inc": {"version": 1}}
    if version is not None:
        among = {**among, "version": version}
    with answering():
        if inbox.update_one({**entry, **among}, change).matched_count:
            return
        found = inbox.find_one(entry, {"version": 1})
    if found is None:
        raise NotFound()
    if version is not None and found["version"] != version:
        raise PreconditionFailed()


def mark_all(context: Context, actor: Actor, teams: bool) -> int:
    """Marks all that is open in his inbox (or in those of his teams) as read; gives how many were not.

    Raises Unavailable.
    """
    among = {**store.in_inbox(actor, teams), "open": True, **store.unread_by(actor)}
    with answering():
        inbox = context.database[store.INBOX_ENTRIES.name]
        return int(inbox.update_many(among, _read(context, actor)).modified_count)


def _read(context: Context, actor: Actor) -> Document:
    reader = {"person_id": actor.person_id, "at": context.clock.now()}
    return {"$push": {"readers": reader}, "$inc": {"version": 1}}
