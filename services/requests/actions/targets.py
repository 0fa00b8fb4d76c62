"""What the account's clocks say of a request: its targets, the teams that are held to one, and which SLAs it
affects or has affected.

It is shown and never decided by, so it is no change of the request: its version stays, and nobody who is
editing it is in the way. Words are taken in the order of the situations they are about. What is next is said
of an open request, and shown while it is: a completed one shows by itself that nothing is, and one that is
open again waits for the next word. Targets stay when they are met. One of them may be a provider's business,
too: then telling it is a change as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.common.clock import from_iso
from services.common.context import Context
from services.common.database import answering
from services.common.store import decide_again
from services.requests import model, store
from services.requests.actions import observing
from services.requests.actions.ruling import ruled

_NOTHING_NEXT: Final = "no_target"


def show_targets(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_slas.followed`. Raises Unavailable."""
    newer = {"_id": body["request_id"], "targets_of": {"$not": {"$gte": body["n"]}}}
    targets = {
        "targets_of": body["n"],
        "sla_ids": body.get("sla_ids", []),
        **{name: _moment(body.get(name)) for name in store.TARGETS},
    }
    next_ = {
        "next_target_at": _target(body["next_target_at"]),
        "accountable_team_ids": body["accountable_team_ids"],
    }
    requests = context.database[store.REQUESTS.name]
    with answering():
        shown = False
        if body["next_target_at"] != _NOTHING_NEXT:
            still = requests.update_one({**newer, "live": True}, {"$set": {**targets, **next_}})
            shown = still.matched_count > 0
        if not shown:
            requests.update_one(newer, {"$set": targets})
    _tell_provider(context, body["request_id"])
    observing.mark(context, body["request_id"])


@decide_again
def _tell_provider(context: Context, id: int) -> None:
    """Where the agreement shares the requester's target, the provider is told when it is another."""
    stored = store.find(context, {"_id": id, "below.shares_target": True})
    if stored is None:
        return
    step = model.targets_said(stored.request, ruled(context))
    if step.outgoing:
        store.save(context, step, stored)


def _target(text: str) -> datetime | str:
    return from_iso(text) if text[:1].isdigit() else text


def _moment(text: str | None) -> datetime | None:
    return None if text is None else from_iso(text)
