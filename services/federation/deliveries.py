"""Deliveries: what became of each message that we sent. The rows of the collection `outbox`.

    queued ──> sent ──> accepted
       └────────┼──────> refused     (`refused_code`)
                └> held ─┘           (received, waits or is parked there)

A row is made when the relay takes the message off its record's landing strip, and is never deleted: it is the
ledger. Two times say what is still to be done with it, and are absent when nothing is:

- `due.at`: when the relay sends it (again), unless a final receipt comes first. The partner stands beside it
  (`due.to`), so that the index of open rows holds no others, however long the ledger grows;
- `attention`: when somebody has to be told. On a refused row, the service that wrote the message undoes it
  (rule 9 of the hand-over); on any other, the partner has not answered for too long.

What we took back ourselves, by beginning a new thread in place of the one it belongs to, ends as `refused`
with the code `superseded`, without a receipt. What we had forgotten in a restore and the partner brought back
stands as `accepted` with the code `returned`. What the partner forgot in a restore of its own is queued
again, with the incarnation in `forgotten_in` from which on its receipt counts.

A receipt counts when it names the hash of the row, and its first final verdict stands. One for another hash is
none; but when it refuses what we never said as a contradiction, another deployment speaks as this account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import BulkWriteError

from services.common.database import REPEATABLE, Document, answering
from services.federation.deployment import Deployment
from services.federation.envelope import Message
from services.federation.stored import OUTBOX
from services.federation.threads import WINDOW, Position
from services.federation.verdicts import BREAKS_THREAD, HELD, REFUSED, SECOND_DEPLOYMENT, Verdict

if TYPE_CHECKING:
    from services.common.context import Context

QUEUED, SENT = "queued", "sent"
SUPERSEDED: Final = "superseded"
RETURNED: Final = "returned"
HELD_BACK: Final = "held_back"
FORGOTTEN: Final = "forgotten"
UNANSWERED: Final = (QUEUED, SENT)
OPEN: Final = (QUEUED, SENT, HELD)

# A held message is asked about after this many times the longest back-off: its final receipt may be lost.
HELD_FACTOR: Final = 6

_DUPLICATE_KEY: Final = 11000


class NotOurs(Exception):
    """The partner has a message that this deployment did not send, or does not know it has sent.

    `code` is FORGOTTEN when the place is one we have not reached: we were restored from a backup, it seems.
    It is SECOND_DEPLOYMENT when it contradicts what we said there, or the partner sees that another one lives.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Deliveries:
    """The outbox rows of one service. Every method raises Unavailable when the database does not answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rows = context.database[OUTBOX.name]
        # Marks that a crash may lose: they are made again, or the message is sent twice.
        self._marks = self._rows.with_options(write_concern=REPEATABLE)

    def take(self, rows: Sequence[Mapping[str, Any]]) -> list[Document]:
        """Keeps message rows of landing strips; taking a row again changes nothing.

        Gives those to send now. They become due a sweep later: until then the process that took them is about
        to send them itself.
        """
        config, now = self._context.config, self._context.clock.now()
        incarnation = Deployment.of(self._context).incarnation

        def first(row: Mapping[str, Any]) -> Document:
            """What a restored record still holds is held back like what left it."""
            ours = row["incarnation"] == incarnation
            wait = timedelta(seconds=config.sweep_seconds if ours else self._held_seconds)
            due = {"to": row["partner"], "at": now + wait}
            return {"state": QUEUED, "due": due} if ours else {"state": HELD, "code": HELD_BACK, "due": due}

        documents = [
            {
                **{name: value for name, value in row.items() if name not in ("id", "kind")},
                "_id": row["id"],
                **first(row),
                "attempts": 0,
                "attention": row["at"] + timedelta(seconds=config.unreceipted_flag_seconds),
            }
            for row in rows
        ]
        with answering():
            try:
                self._rows.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                if any(each["code"] != _DUPLICATE_KEY for each in error.details["writeErrors"]):
                    raise
        return [document for document in documents if document["state"] == QUEUED]

    def due(self, partner: str, now: datetime, limit: int) -> list[Document]:
        """Rows to send (again), those of one thread together and in their order."""
        order = [("due.at", 1), ("thread", 1), ("incarnation", 1), ("sequence", 1)]
        with answering():
            found = self._rows.find({"due.to": partner, "due.at": {"$lte": now}})
            return list(found.sort(order).limit(limit))

    def in_window(self, row: Mapping[str, Any]) -> bool:
        """Whether fewer than 64 of its thread are on the way before this one.

        Messages are applied in order, so when the one 64 before is answered, all before it are.
        """
        if row["sequence"] <= WINDOW:
            return True
        place = {
            "thread": row["thread"],
            "incarnation": row["incarnation"],
            "sequence": row["sequence"] - WINDOW,
        }
        with answering():
            return self._rows.find_one({**place, "state": {"$in": OPEN}}, {"_id": 1}) is None

    def mark_sent(self, ids: Iterable[str], at: datetime, due: datetime) -> None:
        """These were sent the first time, and have no answer yet."""
        change = {"$set": {"state": SENT, "sent_at": at, "due.at": due}, "$inc": {"attempts": 1}}
        with answering():
            self._marks.update_many({"_id": {"$in": list(ids)}, "state": QUEUED}, change)

    def mark_resent(self, row: Mapping[str, Any], due: datetime) -> None:
        """The lowest of its thread was sent again; the others of the thread wait for its answer."""
        waits = {"thread": row["thread"], "partner": row["partner"], "state": SENT}
        with answering():
            again = {"$set": {"due.at": due}, "$inc": {"attempts": 1}}
            self._marks.update_one({"_id": row["_id"], "state": {"$in": OPEN}}, again)
            self._marks.update_many({**waits, "_id": {"$ne": row["_id"]}}, {"$set": {"due.at": due}})

    def postpone(self, row: Mapping[str, Any], due: datetime) -> None:
        """It may not go now."""
        with answering():
            self._marks.update_one({"_id": row["_id"], "state": {"$in": OPEN}}, {"$set": {"due.at": due}})

    def keep_seal(self, row: Mapping[str, Any], sealed: bytes) -> None:
        """The message is sealed again, because its key was revoked; the payload is the same."""
        with answering():
            self._rows.update_one({"_id": row["_id"], "state": {"$in": OPEN}}, {"$set": {"sealed": sealed}})

    def hurry(self, partner: str, now: datetime, states: Sequence[str] = UNANSWERED) -> None:
        """The partner is back: what waits for its answer is due now."""
        waiting = {"due.to": partner, "due.at": {"$gt": now}, "state": {"$in": states}}
        with answering():
            self._marks.update_many(waiting, {"$set": {"due.at": now}})

    def answered(self, receipt: Message, sealed: bytes) -> Document | None:
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
        later = now + timedelta(seconds=self._held_seconds)
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
        row = self._rows.find_one({**place, "thread": receipt.thread, "partner": receipt.sender}, {"hash": 1})
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

    @property
    def _held_seconds(self) -> float:
        return HELD_FACTOR * self._context.config.retry_max_seconds

    def _next_of(self, row: Mapping[str, Any], now: datetime) -> None:
        """The lowest of its thread had to be sent again and is answered now: the rest is due."""
        if row["attempts"] < 2:
            return
        rest = {"thread": row["thread"], "partner": row["partner"], "state": SENT}
        with answering():
            self._marks.update_many(rest, {"$set": {"due.at": now}})

    def withdraw(self, partner: str, kind: str, but: str) -> None:
        """We began another thread of this kind with the partner: what waits in earlier ones is said no
        more.
        """
        now = self._context.clock.now()
        earlier = {
            "due.to": partner,
            "thread": {"$regex": f"^{kind}/", "$ne": but},
            "state": {"$in": OPEN},
        }
        ended = {"state": REFUSED, "refused_code": SUPERSEDED, "code": SUPERSEDED, "answered_at": now}
        with answering():
            self._rows.update_many(earlier, {"$set": ended, "$unset": {"due": "", "attention": ""}})

    def asking_attention(self, now: datetime, limit: int) -> list[Document]:
        """Rows that somebody has to be told of, as far as it is time."""
        with answering():
            found = self._rows.find({"attention": {"$lte": now}}, {"sealed": 0})
            return list(found.sort([("attention", 1)]).limit(limit))

    def claim(self, row: Mapping[str, Any], until: datetime) -> bool:
        """Whether it is for us to tell; if that fails, it is asked for again after `until`."""
        seen = {"_id": row["_id"], "attention": row["attention"]}
        with answering():
            return self._rows.update_one(seen, {"$set": {"attention": until}}).matched_count > 0

    def attended(self, row: Mapping[str, Any]) -> None:
        """Somebody was told."""
        with answering():
            self._rows.update_one({"_id": row["_id"], "state": row["state"]}, {"$unset": {"attention": ""}})


def _was_sent(now: datetime) -> Document:
    """What an answer proves, should it come before the mark: sent once at least, and not after `now`."""
    return {"$max": {"attempts": 1}, "$min": {"sent_at": now}}


def breaks_thread(row: Mapping[str, Any]) -> bool:
    """Whether a refused row shows that the two sides disagree on what was said."""
    return row["state"] == REFUSED and row.get("refused_code") in BREAKS_THREAD


def answered_among(context: Context, ids: Iterable[str]) -> set[str]:
    """Which of these messages of ours have had their answer: taken, or refused and undone. What the two sides
    disagree on has not. Raises Unavailable.
    """
    wanted = list(ids)
    if not wanted:
        return set()
    with answering():
        found = context.database[OUTBOX.name].find({"_id": {"$in": wanted}}, {"state": 1, "refused_code": 1})
        return {row["_id"] for row in found if row["state"] not in OPEN and not breaks_thread(row)}


def verdict_on(context: Context, id: str) -> Verdict | None:
    """The final verdict on a message of ours; None while there is none. Raises Unavailable."""
    with answering():
        row = context.database[OUTBOX.name].find_one({"_id": id}, {"state": 1, "code": 1})
    return None if row is None or row["state"] in OPEN else Verdict(row["state"], row.get("code"))
