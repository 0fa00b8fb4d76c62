"""The documents of observation threads: what of our requests partners' representatives are told, and what we
are told of theirs.

observations       one per request of ours and customer's account, `_id` "<request>/<account>": `thread`,
                   `revision`, `told` (the hash of the last snapshot said, None: forgotten, or not said yet),
                   `message` (the id of the last word), `waits` (there while a change waits for its receipt),
                   `acting` (the command being applied: `{message, note_id}`)
observed_requests  what a partner shows our representatives: `_id` an integer of the same row as our requests,
                   and where a request has the same field, under the same name; `account`, `thread`,
                   `revision`, `told_at`, `notes`, `actions` (what our representatives did), `pending` (there
                   while one of these has no outcome), `unknown_agreements` (of SLAs that are not known
                   here yet; absent where there is none). A forgotten one keeps its thread, and nothing else.
requests           `observers`: the partners whose representatives are told of it; `look_at`: when what they
                   are told is to be looked at again. Absent where there is none
observation_sweeps an SLA whose requests are to be looked at again: `_id` its id, `after` the last one marked
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.common.context import Context
from services.common.store import Collection, Index, Record, Records

Document = dict[str, Any]

OBSERVATIONS: Final = Collection(
    "observations",
    (
        Index("request_id"),
        Index("thread.id", unique=True),
        Index("waits", sparse=True),
        Index("thread.sent.incarnation"),
        Index("partner"),
    ),
)
OBSERVED: Final = Collection(
    "observed_requests",
    (
        Index(["sla_ids", "_id"]),
        Index(["live", "_id"]),
        Index("thread.id", unique=True),
        Index("pending", sparse=True),
        Index("thread.sent.incarnation"),
        Index(["account.id", "remote_id"]),
        Index("shown_by", sparse=True),
        Index("unknown_agreements", sparse=True),
        Index("search"),
    ),
)
SWEEPS: Final = Collection("observation_sweeps", (), records=False)
COLLECTIONS: Final = (OBSERVATIONS, OBSERVED, SWEEPS)


def looked_at(before: Mapping[str, Any], now: datetime) -> Document:
    """What a save keeps of this on a request: who is told of it is told of each change."""
    kept = {name: before[name] for name in ("observers", "look_at") if name in before}
    return {**kept, "look_at": now} if kept.get("observers") else kept


def observations(context: Context) -> Records:
    return Records(context, OBSERVATIONS)


def observed(context: Context) -> Records:
    return Records(context, OBSERVED)


def of_thread(context: Context, partner: str, thread: str) -> tuple[Records, Record] | None:
    """The document that holds a thread with this partner, ours or theirs: threads are found only so."""
    for found_in in (observations(context), observed(context)):
        record = found_in.find_one({"thread.id": thread, "thread.partner": partner})
        if record is not None:
            return found_in, record
    return None


def is_shown(state: Mapping[str, Any]) -> bool:
    """Whether an observed request has not been forgotten."""
    return "core" in state
