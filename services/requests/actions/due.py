"""What happens to requests by itself: a wait that is over, an answer that came late, a trust that has
ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from services.common.context import Context
from services.common.database import answering
from services.common.one_by_one import OneByOne
from services.common.store import decide_again
from services.federation.outgoing.deliveries import answered_among
from services.federation.partners.trusts import ENDED, TrustBook
from services.requests import model, store
from services.requests.actions.ruling import ruled

BATCH = 100


def end_waits(context: Context) -> int:
    """Requests whose `waiting_until` has come go back to `assigned`. Gives how many were due."""
    with answering():
        found = context.database[store.REQUESTS.name].find(
            {"wait_ends_at": {"$lte": context.clock.now()}}, {"_id": 1}
        )
        due = [document["_id"] for document in found.sort([("wait_ends_at", 1)]).limit(BATCH)]
    with OneByOne("request") as work:
        work.each(due, partial(_end_wait, context))
    return len(due)


@decide_again
def _end_wait(context: Context, id: int) -> None:
    stored = store.load(context, id)
    step = model.due(stored.request, ruled(context))
    if step.request != stored.request:
        store.save(context, step, stored)


def settle_flags(context: Context) -> None:
    """Takes off the flags of messages that a partner has answered after all."""
    with answering():
        found = context.database[store.REQUESTS.name].find({"flags.kind": "unanswered"}, {"flags": 1})
        flagged = {
            flag["message_id"]: document["_id"]
            for document in found
            for flag in document["flags"]
            if flag["kind"] == "unanswered"
        }
    with OneByOne("message") as work:
        work.each(answered_among(context, flagged), partial(_settle, context, flagged))


@decide_again
def _settle(context: Context, flagged: Mapping[str, int], message: str) -> None:
    stored = store.load(context, flagged[message])
    store.save(context, model.settled(stored.request, message, ruled(context)), stored)


def end_with(context: Context, partner: str) -> None:
    """The trust with a partner has ended: open episodes with it end on this side. Safe to repeat."""
    with OneByOne("request") as work:
        work.each(_open_with(context, partner), partial(_end_with, context, partner))


def end_with_ended(context: Context) -> None:
    """Ends what is open with partners whose trust has ended: what was decided while it still stood, and saved
    after `end_with`. Raises Unavailable.

    The copy of a trust may be older than an episode under a new one, so its owner is asked before.
    """
    ended = [trust.partner for trust in TrustBook.of(context).trusts() if trust.status == ENDED]
    for partner in ended:
        if _open_with(context, partner) and _has_ended(context, partner):
            end_with(context, partner)


def _open_with(context: Context, partner: str) -> list[int]:
    with answering():
        found = context.database[store.REQUESTS.name].find({"open_with": partner}, {"_id": 1})
        return [document["_id"] for document in found]


def _has_ended(context: Context, partner: str) -> bool:
    trust = context.copies.refresh("trust", partner)
    return trust is not None and trust["status"] == ENDED


@decide_again
def _end_with(context: Context, partner: str, id: int) -> None:
    stored = store.load(context, id)
    step = model.trust_ended(stored.request, partner, ruled(context))
    if step.request != stored.request:
        store.save(context, step, stored)
