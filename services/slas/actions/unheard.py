"""Words of ours about an agreement that the customer refused, or has not answered for long: it says so.

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
from services.federation.outgoing.deliveries import answered_among
from services.slas.actions.saving import records, save
from services.slas.store import AGREEMENTS, KINDS, of_thread

Row = Mapping[str, Any]


@decide_again
def refused(context: Context, partner: str, row: Row, code: str) -> None:
    """The partner refused a message of ours. Telling it again changes nothing."""
    if (found := of_thread(context, partner, row["thread"])) is None:
        return
    kind, record = found
    known = record.state.get("refused") or {}
    if (known.get("type"), known.get("code")) != (row["type"], code):
        flag = {"type": row["type"], "code": code, "at": context.clock.now()}
        _flag(context, kind, record, "refused", flag)


@decide_again
def unanswered(context: Context, row: Row) -> None:
    """A message of ours has had no answer for too long. The oldest one is told."""
    if (found := of_thread(context, row["partner"], row["thread"])) is None:
        return
    kind, record = found
    if record.state.get("unanswered") is None:
        flag = {"type": row["type"], "message": row["_id"], "at": row["at"]}
        _flag(context, kind, record, "unanswered", flag)


def settle(context: Context) -> None:
    """Takes the flag off agreements whose message was answered since. Raises Unavailable."""
    flagged: dict[str, tuple[str, int]] = {}
    for kind in AGREEMENTS:
        with answering():
            found = context.database[KINDS[kind]].find({"unanswered.message": {"$gt": ""}}, {"unanswered": 1})
            flagged |= {each["unanswered"]["message"]: (kind, each["_id"]) for each in found}
    for message in answered_among(context, flagged):
        _answered(context, *flagged[message], message)


@decide_again
def _answered(context: Context, kind: str, id: int, message: str) -> None:
    record = records(context, kind).get(id)
    if (record.state.get("unanswered") or {}).get("message") == message:
        _flag(context, kind, record, "unanswered", None)


def _flag(context: Context, kind: str, record: Record, name: str, flag: dict[str, Any] | None) -> None:
    changes = {name: [record.state.get(name), flag]}
    state = {**record.state, name: flag}
    save(context, Actor.system(context.account), kind, record, state, changes, name)
