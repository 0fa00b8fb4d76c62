"""A person watches requests: what happens to them comes into his inbox until he watches no more."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from services.common import idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Invalid, NotFound
from services.notifications import store
from services.notifications.actions.telling import tell
from services.notifications.model import Tellable, Told, unwatched

MAX_WATCHES: Final = 500


def add_watch(context: Context, actor: Actor, request_id: int, key: str | None = None) -> dict[str, Any]:
    """The person's watch of a request: one, however often it is asked for. Whether he may see the request is
    looked at before, and again whenever something of it is shown to him.

    Raises Invalid, Unavailable.
    """
    watches, his = context.database[store.WATCHES.name], {"person_id": actor.person_id}
    new_id = partial(context.ids.next, "watch")
    id = idempotency.id_for(context, actor, "watch", key, {"request_id": request_id}, new_id)
    with answering():
        if known := watches.find_one({**his, "request_id": request_id}, {"_id": 1}):
            return {"id": known["_id"], "created": False}
        if watches.count_documents(his, limit=MAX_WATCHES) == MAX_WATCHES:
            text = f"you watch {MAX_WATCHES} requests already; take one off your list first"
            raise Invalid("too_many_watches", errors=[("request_id", text)])
        watch = {"_id": id or new_id(), **his, "request_id": request_id, "version": 1}
        try:
            watches.insert_one({**watch, "created_at": context.clock.now()})
        except DuplicateKeyError:  # he asked twice at the same moment
            known = watches.find_one({**his, "request_id": request_id}, {"_id": 1})
            return {"id": (known or watch)["_id"], "created": False}
    return {"id": watch["_id"]}


def remove_watch(context: Context, actor: Actor, id: int) -> None:
    """He hears no more of it, and what he has heard is gone from his inbox. Raises NotFound, Unavailable."""
    watches, his = context.database[store.WATCHES.name], {"_id": id, "person_id": actor.person_id}
    with answering():
        found = watches.find_one(his)
        if found is None:
            raise NotFound()
        watches.delete_one(his)
    if store.tellings(context).find_one({"_id": found["request_id"]}) is None:
        return

    def decide(told: Told, _: Tellable) -> Told:
        return unwatched(told, found["person_id"])

    tell(context, found["request_id"], decide)


def end_watches(context: Context, request_id: int, at: datetime) -> None:
    """The request is there no more since `at`; a later watch is of one that came back. Raises Unavailable."""
    with answering():
        ended = {"request_id": request_id, "created_at": {"$lte": at}}
        context.database[store.WATCHES.name].delete_many(ended)


def watchers_of(context: Context, request_id: int) -> frozenset[int]:
    """Raises Unavailable."""
    with answering():
        found = context.database[store.WATCHES.name].find({"request_id": request_id}, {"person_id": 1})
        return frozenset(each["person_id"] for each in found)
