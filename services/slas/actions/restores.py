"""Finding together with a partner again after a restore (`services.federation.restoring.resuming`).

The provider tells the agreement whole: what it knows now is the agreement. The customer tells whole who
represents it, and hears again what it forgot.
"""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.store import Record, decide_again
from services.federation.outgoing.letters import write
from services.federation.restoring import resuming
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.slas.actions import representing
from services.slas.actions.announcements import announced
from services.slas.actions.saving import save
from services.slas.store import AGREEMENTS, KINDS, of_thread, thread_of

Document = dict[str, Any]

_TOLD_WHOLE = {"sla": "agreement.changed.v1", "flsa": "agreement.flsa_changed.v1"}


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of threads in which nothing was said in this incarnation yet."""
    unheard = {"thread.sent.incarnation": {"$lt": incarnation}}
    with answering():
        found = [
            each for kind in AGREEMENTS for each in context.database[KINDS[kind]].find(unheard, {"thread": 1})
        ]
    return [(each["thread"]["partner"], each["thread"]["id"]) for each in found]


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread, and tells the agreement whole if it is its own."""
    if (found := of_thread(context, partner, thread)) is None:
        return
    kind, record = found
    held = thread_of(record.state)
    if held is None or not resuming.is_due(context, held):
        return
    held, row = resuming.resumed(context, held)
    state, rows = {**record.state}, [row]
    if state.get("told") is not None:
        state["told"] = announced(context, kind, record.id, state)
        held, row = write(context, held, type=_TOLD_WHOLE[kind], body=state["told"])
        rows.append(row)
    elif state.get("represented_told") is not None:
        fields, row = representing.said(context, held, state, state["represented_told"])
        state |= fields
        held, rows = Thread.from_document(state["thread"]), [*rows, row]
    state["thread"] = held.to_document()
    save(context, Actor.system(context.account), kind, record, state, {}, "resumed", rows)


def receive(context: Context, message: Message, kind: str, record: Record | None, thread: Thread) -> Verdict:
    """What is said when either side was restored. Raises the errors of `Thread.advance`, Park, Stale,
    Unavailable.
    """
    if record is None:
        thread.advance(message)  # it must be the next one
        return refused("unknown_thread")
    heard, rows = resuming.heard(context, thread, message)
    state = {**record.state, "thread": heard.to_document()}
    save(context, Actor.system(context.account), kind, record, state, {}, message.type, rows)
    return done()
