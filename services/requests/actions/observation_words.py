"""What is said in observation threads, on either side: a `Correspondent`
(`services.federation.incoming.handling`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.history import entry
from services.common.store import Record, Records, decide_again
from services.federation.messages.observations import ACTED
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.restoring import resuming
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.requests import observations, store
from services.requests.actions import acted, acting, observed, observing
from services.requests.model import observing as rules

Document = dict[str, Any]


@decide_again
def receive(context: Context, message: Message) -> Verdict:
    """Applies a partner's message. Raises Later, Unavailable, and the errors of `Thread.advance`."""
    found = observations.of_thread(context, message.sender, message.thread)
    record = None if found is None else found[1]
    if message.type in TYPES_OF_RESTORES:
        if found is None:
            return refused("unknown_thread")
        heard, rows = resuming.heard(context, Thread.from_document(found[1].state["thread"]), message)
        _save(context, *found, {"thread": heard.to_document()}, rows, message.type)
        return done()
    if message.type == ACTED:
        return refused("unknown_thread") if record is None else acted.apply(context, record, message)
    return observed.hear(context, record, message)


@decide_again
def discard(context: Context, message: Message) -> None:
    """A person decided that the message shall not be applied."""
    found = observations.of_thread(context, message.sender, message.thread)
    if found is None or found[0].collection == observations.OBSERVED:
        observed.set_aside(context, None if found is None else found[1], message)
        return
    thread = Thread.from_document(found[1].state["thread"]).advance(message, refused("discarded"))
    observing.keep(context, found[1], {"thread": thread.to_document(), "acting": None}, [], "discarded")


@decide_again
def refuse(context: Context, partner: str, row: Mapping[str, Any], code: str) -> None:
    """The partner refused a word of ours. An action has its outcome; a snapshot is noted as refused, and told
    again when the request changes.
    """
    found = observations.of_thread(context, partner, row["thread"])
    if found is None:
        return
    if found[0].collection == observations.OBSERVED:
        acting.settle(context, found[1].id)
    elif (found[1].state.get("refused") or {}).get("message") != row["_id"]:
        flag = {"message": row["_id"], "code": code, "at": context.clock.now()}
        observing.keep(context, found[1], {"refused": flag}, [], "refused")


@decide_again
def unanswered(context: Context, row: Mapping[str, Any]) -> None:
    """A word of ours has had no answer for too long: noted, the first one of its thread."""
    found = observations.of_thread(context, row["partner"], row["thread"])
    if found is not None and found[1].state.get("unanswered") is None:
        flag = {"message": row["_id"], "at": row["at"]}
        _save(context, *found, {"unanswered": flag}, [], "unanswered")


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of threads in which nothing was said in this incarnation yet."""
    unheard = {"thread.sent.incarnation": {"$lt": incarnation}}
    with answering():
        threads = [
            document["thread"]
            for collection in (observations.OBSERVATIONS, observations.OBSERVED)
            for document in context.database[collection.name].find(unheard, {"thread": 1})
        ]
    return [(thread["partner"], thread["id"]) for thread in threads]


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread. Of a request of its own it states what is shown."""
    found = observations.of_thread(context, partner, thread)
    if found is None:
        return
    held = Thread.from_document(found[1].state["thread"])
    if not resuming.is_due(context, held):
        return
    held, row = resuming.resumed(context, held)
    fields: Document = {"thread": held.to_document()}
    rows = [row]
    state = found[1].state
    if found[0].collection == observations.OBSERVATIONS:
        body = None
        if state["told"] is not None:
            stored = store.load(context, state["request_id"])
            notes, slas = store.public_notes(context, stored), observing.slas_of(context, stored)
            agreements = rules.observers(stored.request, slas, [partner]).get(partner)
            body = None if agreements is None else rules.snapshot(stored.request, notes, agreements)
        fields, word = observing.said(context, state["request_id"], held, body, state["revision"])
        fields["told"] = observing.digest(body)
        rows.append(word)
    _save(context, *found, fields, rows, "resumed")


def _save(
    context: Context, records: Records, record: Record, fields: Document, rows: list[Document], action: str
) -> None:
    if records.collection == observations.OBSERVATIONS:
        observing.keep(context, record, fields, rows, action)
        return
    entries = [entry(context.clock.now(), Actor.system(context.account), action, {})]
    records.save(record, {**record.state, **fields}, rows=rows, history=entries)
