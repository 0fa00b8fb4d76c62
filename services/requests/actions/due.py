"""What happens to requests by itself: a wait that is over, a trust that has ended."""

from __future__ import annotations

from services.common.context import Context
from services.common.store import decide_again
from services.requests import model, store
from services.requests.actions.ruling import ruled

BATCH = 100


def end_waits(context: Context) -> int:
    """Requests whose `waiting_until` has come go back to `assigned`. Gives how many were due."""
    found = context.database[store.REQUESTS.name].find(
        {"waiting_until": {"$lte": context.clock.now()}}, {"_id": 1}
    )
    due = [document["_id"] for document in found.sort([("waiting_until", 1)]).limit(BATCH)]
    for id in due:
        _end_wait(context, id)
    return len(due)


@decide_again
def _end_wait(context: Context, id: int) -> None:
    stored = store.load(context, id)
    step = model.due(stored.request, ruled(context))
    if step.request != stored.request:
        store.save(context, step, stored)


def end_with(context: Context, partner: str) -> None:
    """The trust with a partner has ended: open episodes with it end on this side. Safe to repeat."""
    found = context.database[store.REQUESTS.name].find(
        {"crossing": True, "threads.partner": partner}, {"_id": 1}
    )
    for id in [document["_id"] for document in found]:
        _end_with(context, id, partner)


@decide_again
def _end_with(context: Context, id: int, partner: str) -> None:
    stored = store.load(context, id)
    step = model.trust_ended(stored.request, partner, ruled(context))
    if step.request != stored.request:
        store.save(context, step, stored)
