"""What a restore, ours or a partner's, does to deliveries (resuming.py tells when).

After ours, what was sent is held back, and what comes back from the partner is a delivery again. After the
partner's, what it forgot is queued again.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

from services.common.database import answering
from services.federation.messages.threads import RESTORED
from services.federation.outgoing.deliveries import (
    HELD_BACK,
    OPEN,
    QUEUED,
    RETURNED,
    SUPERSEDED,
    UNANSWERED,
    held_seconds,
)
from services.federation.sealing.envelope import Message
from services.federation.stored import OUTBOX
from services.federation.threads import Position, Thread
from services.federation.verdicts import ACCEPTED, BREAKS_THREAD, HELD, REFUSED

if TYPE_CHECKING:
    from services.common.context import Context


class Restores:
    """The outbox rows of one service. Every method raises Unavailable when the database does not answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rows = context.database[OUTBOX.name]

    def hold_back(self, partner: str, thread: str, incarnation: int) -> None:
        """What was said in this thread before this incarnation is not sent until its recipient asks for it:
        we were restored, and it has most of it.
        """
        later = self._context.clock.now() + timedelta(seconds=held_seconds(self._context.config))
        said = {"thread": thread, "partner": partner, "state": {"$in": UNANSWERED}}
        earlier = {**said, "incarnation": {"$lt": incarnation}}
        with answering():
            self._rows.update_many(earlier, {"$set": {"state": HELD, "due.at": later, "code": HELD_BACK}})

    def undisputed(self, thread: Thread) -> Position:
        """The last place of ours in this thread that the partner does not know with another content: there
        may have been two of us. What we said after it never counts, and is said no more.
        """
        said = {"thread": thread.id, "partner": thread.partner, "incarnation": thread.sent.incarnation}
        disputed = {**said, "refused_code": {"$in": sorted(BREAKS_THREAD)}}
        ended = {"state": REFUSED, "refused_code": SUPERSEDED, "code": SUPERSEDED}
        with answering():
            first = self._rows.find_one(disputed, {"sequence": 1}, sort=[("sequence", 1)])
            if first is None:
                return thread.sent
            after = {**said, "sequence": {"$gt": first["sequence"]}, "state": {"$in": OPEN}}
            self._rows.update_many(after, {"$set": ended, "$unset": {"due": "", "attention": ""}})
        return Position(thread.sent.incarnation, first["sequence"] - 1)

    def say_again(self, partner: str, thread: str, after: Position, incarnation: int) -> None:
        """The partner has forgotten what we said in this thread after that place: all of it is sent again.

        `incarnation`: the partner's present one. A receipt that it gave in an earlier one counts no more.
        """
        now = self._context.clock.now()
        flagged = now + timedelta(seconds=self._context.config.unreceipted_flag_seconds)
        again = {
            "$set": {
                "state": QUEUED,
                "attempts": 0,
                "due": {"to": partner, "at": now},
                "attention": flagged,
                "forgotten_in": incarnation,
            }
        }
        said = {"partner": partner, "thread": thread, "refused_code": {"$ne": SUPERSEDED}}
        same = {"incarnation": after.incarnation, "sequence": {"$gt": after.sequence}}
        with answering():
            self._rows.update_many({**said, **same}, again)
            self._rows.update_many({**said, "incarnation": {"$gt": after.incarnation}}, again)

    def threads_with(self, partner: str) -> list[str]:
        """Every thread in which we have said something to the partner, but for those in which a restore of
        our own was told.
        """
        with answering():
            found: list[str] = self._rows.distinct("thread", {"partner": partner, "type": {"$ne": RESTORED}})
        return found

    def last_place(self, partner: str, thread: str) -> Position:
        """The last place that we have used in this thread; raises LookupError when there is none."""
        with answering():
            row = self._rows.find_one(
                {"partner": partner, "thread": thread}, sort=[("incarnation", -1), ("sequence", -1)]
            )
        if row is None:
            raise LookupError(thread)
        return Position(row["incarnation"], row["sequence"])

    def remember(self, said: Message, sealed: bytes, **extra: Any) -> None:
        """Keeps a message of ours that the partner had accepted and we had forgotten; again changes nothing.

        It has no receipt here: what proves that it was received is the partner's message that brought it.
        """
        row = {
            **extra,
            "_id": said.id,
            "partner": said.recipient,
            "service": self._context.service,
            "type": said.type,
            "thread": said.thread,
            "incarnation": said.incarnation,
            "sequence": said.sequence,
            "hash": said.hash,
            "sealed": sealed,
            "at": said.sent_at,
            "traceparent": said.traceparent,
            "state": ACCEPTED,
            "code": RETURNED,
            "attempts": 1,
            "answered_at": self._context.clock.now(),
        }
        with answering(), contextlib.suppress(DuplicateKeyError):
            self._rows.insert_one(row)
