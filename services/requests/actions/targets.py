"""What the account's clocks say of a request: its next target, and the teams that are held to one.

It is shown and never decided by, so it is no change of the request: its version stays, and nobody who is
editing it is in the way. Words are taken in the order of the situations they are about; a completed request
takes none, and one that is open again waits for the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.common.clock import from_iso
from services.common.context import Context
from services.common.database import answering
from services.requests import store


def show_targets(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_slas.followed`. Raises Unavailable."""
    newer = {"_id": body["request_id"], "targets_of": {"$not": {"$gte": body["n"]}}, "live": True}
    shown = {
        "targets_of": body["n"],
        "next_target_at": _target(body["next_target_at"]),
        "accountable_team_ids": body["accountable_team_ids"],
    }
    with answering():
        context.database[store.REQUESTS.name].update_one(newer, {"$set": shown})


def _target(text: str) -> datetime | str:
    return from_iso(text) if text[:1].isdigit() else text
