"""Settlement: what a receipt does to the delivery that it is for (deliveries.py tells the states).

A receipt counts when it names the hash of the row, and its first final verdict stands. One for another hash
is none; but when it refuses what we never said as a contradiction, another deployment speaks as this account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from services.common.database import REPEATABLE, Document, answering
from services.federation.outgoing.deliveries import HELD_BACK, OPEN, QUEUED, SENT, UNANSWERED, held_seconds
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message
from services.federation.stored import OUTBOX
from services.federation.threads import Position
from services.federation.verdicts import BREAKS_THREAD, HELD, REFUSED, SECOND_DEPLOYMENT

if TYPE_CHECKING:
    from services.common.context import Context

FORGOTTEN: Final = "forgotten"


class NotOurs(Exception):
    """The partner has a message that this deployment did not send, or does not know it has sent.

    `code` is FORGOTTEN when the place is one we have not reached: we were restored from a backup, it seems.
    It is SECOND_DEPLOYMENT when we said something else there, or the partner sees that another one lives.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Settlement:
    """Of one service's deliveries. Raises Unavailable when the database does not answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rows = context.database[OUTBOX.name]
        # Marks that a crash may lose: they are made again, or the message is sent twice.
        self._marks = self._rows.with_options(write_concern=REPEATABLE)

    def settle(self, receipt: Message, sealed: bytes) -> Document | None:
        """Keeps what a verified receipt says. Gives the row when the partner refused it, to be undone.

        `sealed`: the receipt's bytes, which prove to us what was received. Raises NotOurs.
        """
        body = receipt.body
        place = {
            "thread": receipt.thread,
            "incarnation": body["incarnation"],
            "sequence": body["sequence"],
        }
        ours = {
            **place,
            "partner": receipt.sender,
            "hash": body["hash"],
            "state": {"$in": OPEN},
            "forgotten_in": {"$not": {"$gt": receipt.incarnation}},
        }
        now = self._context.clock.now()
        if body["verdict"] == HELD:
            return self._held(ours, receipt, now)
        change: Document = {
            "$set": {"state": body["verdict"], "answered_at": now, "receipt": sealed, "code": body["code"]},
            "$unset": {"due": "", "attention": ""},
            **_was_sent(now),
        }
        if body["verdict"] == REFUSED:
            change["$set"] |= {"refused_code": body["code"], "attention": now}
            del change["$unset"]["attention"]
        with answering():
            # By far the most: accepted, and sent no more than once.
            if (
                body["verdict"] != REFUSED
                and self._rows.update_one({**ours, "attempts": {"$lt": 2}}, change).matched_count
            ):
                return None
            row = self._rows.find_one(ours, {"sealed": 0})
            if row is None:
                self._check_ours(receipt)
            if row is None or self._rows.update_one(ours, change).matched_count == 0:
                return None
        self._next_of(row, now)
        return {**row, **change["$set"]} if body["verdict"] == REFUSED else None

    def _held(self, ours: Document, receipt: Message, now: datetime) -> Document | None:
        """Received there and not applied: resending stops, except of what is missing before it."""
        later = now + timedelta(seconds=held_seconds(self._context.config))
        applied = Position.from_wire(receipt.body["applied"])
        with answering():
            held = {"state": HELD, "due.at": later, "code": receipt.body["code"]}
            if self._marks.update_one(ours, {"$set": held, **_was_sent(now)}).matched_count == 0:
                self._check_ours(receipt)
            if applied.incarnation < receipt.body["incarnation"]:
                self._asked_for(receipt, applied, now)
            if receipt.body["missing"]:
                missing = {
                    "thread": receipt.thread,
                    "partner": receipt.sender,
                    "incarnation": receipt.body["incarnation"],
                    "sequence": {"$in": receipt.body["missing"]},
                    "state": {"$in": UNANSWERED},
                }
                # What is only overtaken arrives within a second; what is lost is sent again then.
                soon = now + timedelta(seconds=1)
                self._marks.update_many({**missing, "due.at": {"$gt": soon}}, {"$set": {"due.at": soon}})
        return None

    def _check_ours(self, receipt: Message) -> None:
        """Raises NotOurs for the receipt of a message that is not among those we know we sent."""
        body = receipt.body
        place = {name: body[name] for name in ("incarnation", "sequence")}
        said = {**place, "thread": receipt.thread, "partner": receipt.sender}
        # Looked for twice: SecantusDB may miss a row that is being written at that moment.
        row = self._rows.find_one(said, {"hash": 1}) or self._rows.find_one(said, {"hash": 1})
        if row is not None and row["hash"] == body["hash"]:
            return
        if body["code"] == SECOND_DEPLOYMENT:
            raise NotOurs(SECOND_DEPLOYMENT)
        if body["incarnation"] != Deployment.of(self._context).incarnation:
            return  # what is true of the time before a restore was settled when the thread was resumed
        if row is None:
            raise NotOurs(FORGOTTEN)
        if body["code"] in BREAKS_THREAD:
            raise NotOurs(SECOND_DEPLOYMENT)

    def _asked_for(self, receipt: Message, applied: Position, now: datetime) -> None:
        """The message that begins our new incarnation waits for what we held back and the partner lacks."""
        ours = {"thread": receipt.thread, "partner": receipt.sender, "state": HELD, "code": HELD_BACK}
        again = {"$set": {"state": QUEUED, "due.at": now, "code": None}}
        between = {"$gt": applied.incarnation, "$lt": receipt.body["incarnation"]}
        same = {"incarnation": applied.incarnation, "sequence": {"$gt": applied.sequence}}
        self._rows.update_many({**ours, **same}, again)
        self._rows.update_many({**ours, "incarnation": between}, again)

    def _next_of(self, row: Mapping[str, Any], now: datetime) -> None:
        """The lowest of its thread had to be sent again and is answered now: the rest is due."""
        if row["attempts"] < 2:
            return
        rest = {"thread": row["thread"], "partner": row["partner"], "state": SENT}
        with answering():
            self._marks.update_many(rest, {"$set": {"due.at": now}})


def _was_sent(now: datetime) -> Document:
    """What an answer proves, should it come before the mark: sent once at least, and not after `now`."""
    return {"$max": {"attempts": 1}, "$min": {"sent_at": now}}
