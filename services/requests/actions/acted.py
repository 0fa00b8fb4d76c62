"""What a customer's representative does with a request of ours that he is shown.

A command has one outcome, which its receipt tells: it is applied, or refused with a code. It is authorized
here, by what the customer has told of its representatives, and is then an edit like any other; what it
changed comes back as the next snapshot. Who they are is told in another thread, by another lane: so the
action of one who is not known waits for that a little. The id of its note is settled before it is applied,
and the thread goes on after: so a crash in between applies it once.
"""

from __future__ import annotations

from typing import Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Forbidden, IllegalMove, Invalid
from services.common.store import Record
from services.common.verdicts import Later
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread
from services.federation.verdicts import Verdict, done, refused
from services.requests import model, observations, store
from services.requests.actions import desk, observing
from services.requests.model.observing import may_act

#: So long an action waits for its representative to be told of, looked at so often.
TOLD_WITHIN_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 5.0


def apply(context: Context, record: Record, message: Message) -> Verdict:
    """Raises Later, the errors of `Thread.advance`, Stale, Unavailable."""
    thread = Thread.from_document(record.state["thread"])
    thread.advance(message)  # it must be the next one
    stored = store.load(context, record.state["request_id"])
    known = record.state.get("acting") or {}
    if known.get("message") == message.id and store.has_note(context, stored, known["note_id"]):
        return _passed(context, record, thread, message, done())  # before a crash; whatever has changed since
    who = message.body["representative"]
    if not may_act(stored.request, observing.slas_of(context, stored), message.sender, who["id"]):
        if message.waited(context.clock.now()) < TOLD_WITHIN_SECONDS:
            raise Later(RETRY_SECONDS, "not_representative")
        return _passed(context, record, thread, message, refused("not_representative"))
    if known.get("message") != message.id:
        known = {"message": message.id, "note_id": context.ids.newest("note")}
        observing.keep(context, record, {"acting": known}, [], "acting")
        record = observations.observations(context).get(record.id)
    fields = {"note": message.body["text"]}
    if message.body["action"] == "withdraw":
        if not stored.request.live:
            return _passed(context, record, thread, message, refused("already_completed"))
        fields |= {"status": model.Status.COMPLETED.value}
    try:
        speaker = model.Actor(_person(context, message), frozenset({model.Who.REPRESENTATIVE}), frozenset())
        system, id = Actor.system(context.account), stored.request.id
        desk.edit(context, system, id, fields, note_id=known["note_id"], speaker=speaker)
    except (Forbidden, IllegalMove, Invalid) as error:
        return _passed(context, record, thread, message, refused(error.code))
    return _passed(context, record, thread, message, done())


def _passed(context: Context, record: Record, thread: Thread, message: Message, verdict: Verdict) -> Verdict:
    fields = {"thread": thread.advance(message, verdict).to_document(), "acting": None}
    observing.keep(context, record, fields, [], verdict.code or message.body["action"])
    return verdict


def _person(context: Context, message: Message) -> model.Ref:
    named, system = message.body["representative"], Actor.system(context.account)
    asked = (message.sender, "person", named["id"], named["name"])
    local = context.rpc.call("organizations", "introduce", system, *asked)
    return model.Ref(local["id"], named["name"], message.sender)
