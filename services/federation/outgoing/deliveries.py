"""Deliveries: what became of each message that we sent. The rows of the collection `outbox`.

    queued ──> sent ──> accepted
       └────────┼──────> refused     (`refused_code`)
                └> held ─┘           (received, waits or is parked there)

A row is made when the relay takes the message off its record's landing strip, and is never deleted: it is the
ledger. Two times say what is still to be done with it, and are absent when nothing is:

- `due.at`: when the relay sends it (again), unless a final receipt comes first. The partner stands beside it
  (`due.to`), so that the index of open rows holds no others, however long the ledger grows;
- `attention`: when somebody has to be told. On a refused row, the service that wrote the message undoes it
  (rule 9 of the hand-over); on any other, the partner has not answered for too long (attention.py).

What we took back ourselves, by beginning a new thread in place of the one it belongs to, ends as `refused`
with the code `superseded`, without a receipt. What we had forgotten in a restore and the partner brought back
stands as `accepted` with the code `returned`. What the partner forgot in a restore of its own is queued
again, with the incarnation in `forgotten_in` from which on its receipt counts.

What a receipt changes of a row is told in settlement.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import BulkWriteError

from services.common.database import REPEATABLE, Document, answering
from services.federation.messages.threads import TYPES_OF_RESTORES
from services.federation.restoring.deployment import Deployment
from services.federation.stored import OUTBOX
from services.federation.threads import WINDOW
from services.federation.verdicts import BREAKS_THREAD, HELD, REFUSED, Verdict

if TYPE_CHECKING:
    from services.common.config import Config
    from services.common.context import Context

QUEUED, SENT = "queued", "sent"
SUPERSEDED: Final = "superseded"
RETURNED: Final = "returned"
HELD_BACK: Final = "held_back"
UNANSWERED: Final = (QUEUED, SENT)
OPEN: Final = (QUEUED, SENT, HELD)

# A held message is asked about after this many times the longest back-off: its final receipt may be lost.
_HELD_FACTOR: Final = 6

_DUPLICATE_KEY: Final = 11000


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
        to send them itself. They are taken also while the border is shut, so that their record's other rows
        go on.
        """
        config, now = self._context.config, self._context.clock.now()
        incarnation = Deployment.of(self._context).number

        def first(row: Mapping[str, Any]) -> Document:
            """What a restored record still holds is held back like what left it."""
            earlier = row["incarnation"] < incarnation
            wait = timedelta(seconds=held_seconds(config) if earlier else config.sweep_seconds)
            due = {"to": row["partner"], "at": now + wait}
            return (
                {"state": HELD, "code": HELD_BACK, "due": due} if earlier else {"state": QUEUED, "due": due}
            )

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
        """Rows to send (again), those that are due longest."""
        with answering():
            found = self._rows.find({"due.to": partner, "due.at": {"$lte": now}})
            return list(found.sort("due.at", 1).limit(limit))

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

    def postpone_from(self, row: Mapping[str, Any], due: datetime) -> None:
        """It and what is queued after it in its thread may not go now."""
        after = {"thread": row["thread"], "incarnation": row["incarnation"]}
        after |= {"sequence": {"$gte": row["sequence"]}, "partner": row["partner"], "state": QUEUED}
        with answering():
            self._marks.update_many(after, {"$set": {"due.at": due}})

    def release(self, thread: str, incarnation: int, up_to: int, now: datetime) -> bool:
        """What is queued in the thread up to this sequence is due. Tells whether anything is queued there."""
        queued = {"thread": thread, "incarnation": incarnation, "state": QUEUED}
        with answering():
            self._marks.update_many({**queued, "sequence": {"$lte": up_to}}, {"$min": {"due.at": now}})
            return self._rows.find_one(queued, {"_id": 1}) is not None

    def keep_seal(self, row: Mapping[str, Any], sealed: bytes) -> None:
        """The message is sealed again, because its key was revoked; the payload is the same."""
        with answering():
            self._rows.update_one({"_id": row["_id"], "state": {"$in": OPEN}}, {"$set": {"sealed": sealed}})

    def hurry(self, partner: str, now: datetime, states: Sequence[str] = UNANSWERED) -> None:
        """The partner is back: what waits for its answer is due now."""
        waiting = {"due.to": partner, "due.at": {"$gt": now}, "state": {"$in": states}}
        with answering():
            self._marks.update_many(waiting, {"$set": {"due.at": now}})

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

    def asking_attention(self, until: datetime, limit: int) -> list[Document]:
        """Rows that somebody has to be told of, as far as it is time; those that ask longest."""
        with answering():
            found = self._rows.find({"attention": {"$lte": until}}, {"sealed": 0})
            return list(found.sort([("attention", 1)]).limit(limit))

    def first_open(self, partner: str, thread: str) -> Document | None:
        """The first message of a thread without a final receipt. What is said for a restore's sake is left
        out: of that no team has to know.
        """
        said = {"thread": thread, "partner": partner, "state": {"$in": OPEN}}
        said |= {"type": {"$nin": sorted(TYPES_OF_RESTORES)}}
        with answering():
            return self._rows.find_one(said, {"sealed": 0}, sort=[("incarnation", 1), ("sequence", 1)])

    def ask_later(
        self, partner: str, threads: Iterable[str], but: Iterable[str], now: datetime, later: datetime
    ) -> None:
        """What is open in these threads and asks now asks again `later`, but for the rows `but`."""
        asking = {"thread": {"$in": sorted(threads)}, "partner": partner, "state": {"$in": OPEN}}
        asking |= {"attention": {"$lte": now}, "_id": {"$nin": list(but)}}
        with answering():
            self._marks.update_many(asking, {"$set": {"attention": later}})

    def claim(self, row: Mapping[str, Any], until: datetime) -> bool:
        """Whether it is for us to tell; if that fails, it is asked for again after `until`."""
        seen = {"_id": row["_id"], "attention": row["attention"]}
        with answering():
            return self._rows.update_one(seen, {"$set": {"attention": until}}).matched_count > 0

    def attended(self, ids: Sequence[str], until: datetime) -> None:
        """Somebody was told of these, which were claimed with this `until` and don't ask anew since."""
        if not ids:
            return
        with answering():
            self._rows.update_many(
                {"_id": {"$in": list(ids)}, "attention": until}, {"$unset": {"attention": ""}}
            )


def held_seconds(config: Config) -> float:
    """How long after it was held a message is asked about."""
    return _HELD_FACTOR * config.retry_max_seconds


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
