"""Finding together with a partner again after a restore, of this account or of the partner's
(`services.federation.restoring.resuming`, handover.md section 7).
"""

from __future__ import annotations

from dataclasses import replace

from services.common.context import Context
from services.common.database import answering
from services.common.store import decide_again
from services.federation.messages.threads import RESUMED, RETURNED
from services.federation.partners.trusts import ENDED, TrustBook
from services.federation.restoring import resuming
from services.federation.sealing.envelope import Message
from services.federation.threads import Thread, ThreadId
from services.federation.verdicts import Verdict, done, refused
from services.requests import model, store
from services.requests.actions.ruling import ruled
from services.requests.store import Stored


@decide_again
def resume(context: Context, partner: str, thread: str) -> None:
    """This account was restored: it resumes the thread, and states its side."""
    stored = store.find_by_thread(context, partner, thread)
    if stored is None or not resuming.is_due(context, stored.threads[thread]):
        return
    step = model.state_again(stored.request, thread, ruled(context))
    trust = TrustBook.of(context).trust(partner)
    if trust is None or trust.status == ENDED:
        step = replace(step, outgoing=())  # nothing is said to him; a new trust finds the thread resumed
    store.save(context, step, stored, resumes=thread)


def receive(context: Context, message: Message, stored: Stored | None, thread: Thread) -> Verdict:
    """What is said when either side was restored. Raises the errors of `Thread.advance`, Park, Unavailable;
    Stale when it has to be decided again.
    """
    heard = thread.advance(message)
    if stored is None:
        return refused("unknown_thread")
    if message.type == RESUMED:
        bodies = resuming.forgotten(context, thread, message)
        step = model.state_again(stored.request, message.thread, ruled(context))
        returned = tuple(_returned(context, message, body) for body in bodies)
        step = replace(step, outgoing=(*returned, *step.outgoing))
    else:
        step = _relearned(context, message, stored)
    store.save(context, step, stored, heard)
    return done()


def _relearned(context: Context, message: Message, stored: Stored) -> model.Step:
    said = resuming.own_words(context, message, request_id=stored.request.id)
    if said is None:
        return model.relearned(stored.request, _sent(message), frozenset(), ruled(context))
    known = _known_notes(context, stored)
    return model.relearned(stored.request, _sent(said), known, ruled(context))


def _sent(said: Message) -> model.Sent:
    return model.Sent(said.type.removesuffix(store.VERSION), said.id, said.recipient, said.thread, said.body)


def _returned(context: Context, message: Message, body: dict[str, object]) -> model.Outgoing:
    direction = "down" if ThreadId.parse(message.thread).opener == context.account else "up"
    type_ = RETURNED.removesuffix(store.VERSION)
    return model.Outgoing(context.new_uuid(), direction, message.sender, message.thread, type_, body)  # type: ignore[arg-type]


def _known_notes(context: Context, stored: Stored) -> frozenset[int]:
    """The ids of the request's notes; those too that a crash has left with the request."""
    left = {row["document"]["_id"] for row in stored.record.waiting if row["type"] == store.NOTES.name}
    with answering():
        kept = list(context.database[store.NOTES.name].find({"request_id": stored.request.id}, {"_id": 1}))
    return frozenset(left | {document["_id"] for document in kept})


def earlier(context: Context, incarnation: int) -> list[tuple[str, str]]:
    """(partner, thread) of threads in which nothing was said in this incarnation yet; newest request
    first.
    """
    with answering():
        found = list(
            context.database[store.REQUESTS.name]
            .find({"threads.sent.incarnation": {"$lt": incarnation}}, {"threads": 1})
            .sort([("_id", -1)])
        )
    return [
        (thread["partner"], thread["id"])
        for document in found
        for thread in document["threads"]
        if thread["sent"]["incarnation"] < incarnation
    ]
