"""Words of ours about an SLA that the customer refused, or has not answered for long: the SLA says so.

Nothing else follows from either. What the customer's people do not take, they decide there; a refusal
stands until something newer is told, a missing answer until it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.store import Record, decide_again
from services.federation.deliveries import answered_among
from services.slas.actions.saving import records, save
from services.slas.store import SLAS

Row = Mapping[str, Any]


@decide_again
def refused(context: Context, partner: str, row: Row, code: str) -> None:
    """The partner refused a message of ours. Telling it again changes nothing."""
    record = records(context, "sla").find_one({"thread.id": row["thread"], "thread.partner": partner})
    known = {} if record is None else record.state.get("refused") or {}
    if record is not None and (known.get("type"), known.get("code")) != (row["type"], code):
        _flag(context, record, "refused", {"type": row["type"], "code": code, "at": context.clock.now()})


@decide_again
def unanswered(context: Context, row: Row) -> None:
    """A message of ours has had no answer for too long. The oldest one is told."""
    wanted = {"thread.id": row["thread"], "thread.partner": row["partner"]}
    record = records(context, "sla").find_one(wanted)
    if record is not None and record.state.get("unanswered") is None:
        _flag(context, record, "unanswered", {"type": row["type"], "message": row["_id"], "at": row["at"]})


def settle(context: Context) -> None:
    """Takes the flag off SLAs whose message was answered since. Raises Unavailable."""
    with answering():
        found = context.database[SLAS].find({"unanswered.message": {"$gt": ""}}, {"unanswered": 1})
        flagged = {each["unanswered"]["message"]: each["_id"] for each in found}
    for message in answered_among(context, flagged):
        _answered(context, flagged[message], message)


@decide_again
def _answered(context: Context, id: int, message: str) -> None:
    record = records(context, "sla").get(id)
    if (record.state.get("unanswered") or {}).get("message") == message:
        _flag(context, record, "unanswered", None)


def _flag(context: Context, record: Record, name: str, flag: dict[str, Any] | None) -> None:
    changes = {name: [record.state.get(name), flag]}
    state = {**record.state, name: flag}
    save(context, Actor.system(context.account), "sla", record, state, changes, name)
