"""Resuming: a service whose database was restored from a backup finds together with its partners again.

A new incarnation (deployment.py) has begun; nothing is said in a thread before the thread is resumed in it.

    restored side                                        partner
      thread.resumed {applied, sent}, restated   ──>       waits for what we know we sent and it has not
                                                            applied; then goes on in the new incarnation
        <──  receipts for what it had applied of that
        <──  what it had said after `applied`, as the same bytes
        <──  thread.returned: what we said after `sent` and it had applied, in our own bytes
        <──  restated (rule 10 of the hand-over)
      when all threads are resumed:
      thread.restored, in a thread of its own    ──>       says again what it said in threads that were not
                                                            resumed: we have forgotten them
      a thread that we opened and don't know:
        refused: unknown_thread                  ──>       ends its side, and tells its people

What was sent before the backup and has no receipt here is held back until the partner asks for it, because it
has most of it. What we said after the backup and the partner had not applied never counts: neither side knows
of it.

All of it can be done again without harm, so a crash in the middle only means that it is: `resuming` in the
deployment's document stays until every thread that is known is resumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.common.database import Document, answering
from services.common.errors import Invalid, NotFound
from services.common.verdicts import Park, is_outage
from services.federation import messages
from services.federation.incoming.handling import Correspondent
from services.federation.messages.threads import (
    MAX_RETURNED_BYTES,
    RESTORED,
    RESUMED,
    RETURNED,
    TYPES_OF_RESTORES,
)
from services.federation.outgoing import letters
from services.federation.outgoing.deliveries import Deliveries
from services.federation.partners.trusts import ENDED, TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.restoring.restores import Restores
from services.federation.sealing import seals
from services.federation.sealing.envelope import Message, Unverified, read_verified
from services.federation.sealing.keys import REVOKED, account_of
from services.federation.sealing.rings import OwnRing
from services.federation.stored import INBOX, OUTBOX
from services.federation.threads import KINDS, Position, Thread, open_thread
from services.federation.verdicts import ACCEPTED, REFUSED

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

# Of what comes back in one thread, however often its partner is restored: it fits into one save, and whoever
# tells of ever more restores has us store no more than that.
MAX_RETURNED_IN_ALL: Final = 4 * 1024 * 1024
# What each message that comes back takes beside the bytes that it brings.
PLACE_BYTES: Final = 1024


# On the restored side


def resume_all(context: Context, correspondent: Correspondent, deliveries: Deliveries) -> None:
    """Resumes every thread of an earlier incarnation; called by the sweep. One that can't be resumed keeps no
    other from it. Raises Unavailable.
    """
    deployment = Deployment.of(context)
    if not deployment.resuming:
        return
    incarnation = deployment.incarnation
    failed = False
    for partner, thread in correspondent.earlier(context, incarnation):
        try:
            Restores(context).hold_back(partner, thread, incarnation)
            correspondent.resume(context, partner, thread)
        except NotFound:
            continue  # it went in between
        except Exception as error:
            if is_outage(error):
                raise
            log.error("a thread cannot be resumed; it is tried again", thread=thread, exc_info=error)
            failed = True
    if failed:
        return
    for trust in TrustBook.of(context).trusts():
        if trust.reachable and trust.status != ENDED:
            _say_restored(context, trust.partner, incarnation, deliveries)
    deployment.resumed()
    log.info("every thread is resumed", incarnation=incarnation)


def resumed(context: Context, thread: Thread, **extra: Any) -> tuple[Thread, Document]:
    """`thread.resumed`: the thread after it, and the row to save with it. Raises Unavailable."""
    sent = Restores(context).undisputed(thread)
    body = {"applied": thread.applied.to_wire(), "sent": sent.to_wire()}
    begun = thread.resumed(Deployment.of(context).incarnation)
    return letters.write(context, begun, type=RESUMED, body=body, **extra)


def is_due(context: Context, thread: Thread) -> bool:
    """Whether we have not spoken in this thread in our present incarnation. Raises Unavailable."""
    return thread.sent.incarnation < Deployment.of(context).incarnation


def own_words(context: Context, message: Message, **extra: Any) -> Message | None:
    """What a `thread.returned` brings back: a message of ours that we had forgotten. It stands among our
    deliveries from then on, with `extra` (`request_id`). None when nothing can be learned from it: it was too
    long to come back, or it is sealed with a key that we forgot as well. It may come more than once.

    Raises Park `not_our_words`, Unavailable.
    """
    sealed = message.body["sealed"]
    own = TrustBook.of(context).own_ring()
    said = None if sealed is None else proven(own, message, sealed.encode())
    if said is None:
        log.warning("a message that this account forgot does not come back", thread=message.thread)
        return None
    Restores(context).remember(said, sealed.encode(), **extra)
    return said


def proven(own: OwnRing, message: Message, sealed: bytes) -> Message | None:
    """Our own message that `message`, a `thread.returned`, brings in these bytes; None when its key is not
    known any more. Raises Park `not_our_words`.
    """
    ring = {key.kid: key for key in own.keys}
    try:
        kid, _ = seals.parse(sealed, seals.MESSAGE)
        if kid not in ring:
            return None
        if ring[kid].state == REVOKED and not message.approved:
            raise Park(
                "not_our_words", f"{kid} was revoked, so anybody may have said it; replaying approves it"
            )
        seals.verify(sealed, ring[kid])
        said = read_verified(sealed)
        body = messages.check_incoming(said.type, said.body)
    except (seals.Malformed, seals.Broken, Unverified, Invalid) as error:
        raise Park("not_our_words", f"{type(error).__name__}: {error}") from None
    place = Position(said.incarnation, said.sequence)
    told = Position.from_wire(message.body)
    if (account_of(kid), said.recipient, said.thread, place) != (
        own.account,
        message.sender,
        message.thread,
        told,
    ):
        raise Park("not_our_words", "it was said elsewhere, or to somebody else")
    return replace(said, body=body)


def _say_restored(context: Context, partner: str, incarnation: int, deliveries: Deliveries) -> None:
    kind = next(kind for kind, service in KINDS.items() if service == context.service)
    thread = open_thread(kind, context.account, partner, context.new_uuid(), incarnation=incarnation)
    _, row = letters.write(context, thread, type=RESTORED, body={"incarnation": incarnation})
    deliveries.take([row])  # it belongs to no record; said twice after a crash, it is only heard twice


# On the partner's side


def forgotten(context: Context, thread: Thread, message: Message) -> list[Document]:
    """The bodies of `thread.returned` with which a `thread.resumed` is answered: what the partner said after
    the last place that it knows, and we had applied, as far as there is room for it (MAX_RETURNED_IN_ALL).
    `thread`: before the message. Raises Unavailable.
    """
    since = Position.from_wire(message.body["sent"])
    same = {"incarnation": since.incarnation, "sequence": {"$gt": since.sequence}}
    after = {"$or": [same, {"incarnation": {"$gt": since.incarnation}}]}
    said = {"thread": message.thread, "partner": message.sender, **after}
    with answering():
        rows = context.database[INBOX.name].find(said).sort([("incarnation", 1), ("sequence", 1)])
        applied = (row for row in rows if was_accepted(thread, row))
        theirs = (row for row in applied if row["type"] not in TYPES_OF_RESTORES)
        return list(_returned(theirs, MAX_RETURNED_IN_ALL - _returned_before(context, message)))


def was_accepted(thread: Thread, row: Mapping[str, Any]) -> bool:
    """Whether this message of the partner was applied; the mark of that in the inbox may be lost."""
    if row["incarnation"] < thread.applied.incarnation or row["state"] == REFUSED:
        return bool(row["state"] == ACCEPTED)
    accepted = thread.verdict_of(row["incarnation"], row["sequence"]).word == ACCEPTED
    return accepted and _place(row) <= thread.applied.place


def _returned_before(context: Context, message: Message) -> int:
    """How many bytes came back in this thread after earlier restores."""
    said = {"thread": message.thread, "partner": message.sender, "type": RETURNED}
    return sum(len(row["sealed"]) for row in context.database[OUTBOX.name].find(said, {"sealed": 1}))


def _returned(rows: Iterator[Document], left: int) -> Iterator[Document]:
    for row in rows:
        left -= PLACE_BYTES
        if left < 0:
            return
        sealed = bytes(row["sealed"])
        fits = len(sealed) <= min(left, MAX_RETURNED_BYTES)
        left -= len(sealed) if fits else 0
        place = {"incarnation": row["incarnation"], "sequence": row["sequence"]}
        yield {**place, "sealed": sealed.decode() if fits else None}


def _place(row: Mapping[str, Any]) -> tuple[int, int]:
    return row["incarnation"], row["sequence"]


def answer(context: Context, thread: Thread, message: Message) -> tuple[Thread, list[Document]]:
    """The thread after our answer to a `thread.resumed` that was applied, and the rows to save with it.

    `thread`: before the message. What follows besides is done by the inbox (`Inbox.apply`).
    """
    bodies = forgotten(context, thread, message)
    thread = thread.advance(message)
    rows = []
    for body in bodies:
        thread, row = letters.write(context, thread, type=RETURNED, body=body)
        rows.append(row)
    return thread, rows


def heard(context: Context, thread: Thread, message: Message) -> tuple[Thread, list[Document]]:
    """The thread after what is said when either side was restored (but for a request's own position), and the
    rows to save with it. Raises the errors of `Thread.advance`, Park, Unavailable.
    """
    if message.type == RESUMED:
        return answer(context, thread, message)
    advanced = thread.advance(message)
    own_words(context, message)
    return advanced, []
