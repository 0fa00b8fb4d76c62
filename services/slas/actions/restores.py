"""Finding together with a partner again after a restore (`services.federation.resuming`).

The provider tells the agreement whole: what it knows now is the agreement. A customer has said nothing that
could be lost, and hears again what it forgot.
"""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.store import Record, decide_again
from services.federation import resuming
from services.federation.envelope import Message
from services.federation.letters import write
from services.federation.messages.threads import RESUMED
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.slas.actions.saving import records, save
from services.slas.actions.telling import announced
from services.slas.store import SLAS, thread_of

Document = dict[str, Any]


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of threads in which nothing was said in this incarnation yet."""
    unheard = {"thread.sent.incarnation": {"$lt": incarnation}}
    with answering():
        found = list(context.database[SLAS].find(unheard, {"thread": 1}))
    return [(each["thread"]["partner"], each["thread"]["id"]) for each in found]


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread, and tells the agreement whole if it is its own."""
    record = records(context, "sla").find_one({"thread.id": thread, "thread.partner": partner})
    held = None if record is None else thread_of(record.state)
    if record is None or held is None or not resuming.is_due(context, held):
        return
    held, row = resuming.resumed(context, held)
    state, rows = {**record.state}, [row]
    if state.get("told") is not None:
        state["told"] = announced(context, record.id, state)
        held, row = write(context, held, type="agreement.changed.v1", body=state["told"])
        rows.append(row)
    state["thread"] = held.to_document()
    save(context, Actor.system(context.account), "sla", record, state, {}, "resumed", rows)


def receive(context: Context, message: Message, record: Record | None, thread: Thread) -> Verdict:
    """What is said when either side was restored. Raises the errors of `Thread.advance`, Park, Stale,
    Unavailable.
    """
    heard = thread.advance(message)
    if record is None:
        return refused("unknown_thread")
    rows: list[Document] = []
    if message.type == RESUMED:
        heard, rows = resuming.answer(context, thread, message)
    else:
        resuming.own_words(context, message)
    state = {**record.state, "thread": heard.to_document()}
    save(context, Actor.system(context.account), "sla", record, state, {}, message.type, rows)
    return done()
