"""The inbox: everything a partner says is stored first, then acknowledged, then applied, each thing once, in
order.

What it promises

- What was acknowledged to the broker is stored; what was not comes again. A crash at any point loses nothing.
- A message has its effect once, however often it comes: the inbox has one row per (partner, thread,
  incarnation, sequence), and the record's own position, saved by compare-and-set together with the effect,
  decides.
- The messages of a thread have their effects in their order, with any number of processes on the same lane.
  Threads do not wait for each other.
- Every verified message is answered: `accepted`, `refused` with a code, or, as long as neither is true,
  `held`.

The way of a message

    lane ──> checks (envelope.py) ──> inbox row ──> ack ──> apply n−1 → n ──> verdict ──> receipt
                 │                                            │   └──> then n+1, if it waits here
                 └─> quarantine                               ├─ gap or later: waits
                                                              └─ park: waits for a person

When things fail

- Not proven who said it: quarantine. It moves and blocks nothing.
- Something before it is missing: the row waits, the receipt says `held` and names what is missing. Of one
  thread at most 64 rows wait: what is further ahead is let go, without a receipt, and comes again.
- The service can't decide yet (`Later`) or a part of the account is away: the row waits with growing delay.
- Nothing can be made of it (`Park`, or a bug): the row is parked with its bytes and a code. Its thread stands
  still, nothing else does. A person replays it, when the cause is mended, or discards it: the position goes
  past it and the sender is told `refused: discarded`.
- Its key was revoked before it was applied, or before it came: the row is parked as `revoked_key`. A person
  who has asked the partner replays it, and so approves it. What is said again under a good key needs nobody,
  and takes the place of whatever the revoked one had put there.
- The same place with another content (`sequence_conflict`) or a predecessor that is not ours
  (`chain_broken`): the two sides disagree on what was said. Both are kept, the later one is refused, and the
  border to this partner is paused.
- A crash between the save and the verdict: the sweep handles the row again, the record says "already applied"
  and with which verdict, and the receipt is made again. A crash before the receipt is sent: the sender sends
  its message again, and gets the receipt of the first time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.common.database import REPEATABLE, Document, answering
from services.federation.incoming import handling
from services.federation.incoming.handling import Ahead, Correspondent, Parks, Waits
from services.federation.incoming.handling import Final as FinalOutcome
from services.federation.incoming.intake import Intake, Taken
from services.federation.incoming.quarantine import Quarantine
from services.federation.metrics import VERDICTS
from services.federation.outgoing.receipts import Answers
from services.federation.partners.borders import Borders
from services.federation.partners.trusts import ENDED, SUSPENDED, TrustBook
from services.federation.restoring.reminding import Reminder
from services.federation.stored import GAP, INBOX, PARKED, REVOKED_KEY, WAITING, row_id
from services.federation.thread_errors import OldIncarnation
from services.federation.threads import WINDOW, Position, ThreadId
from services.federation.verdicts import ACCEPTED, SECOND_DEPLOYMENT, Verdict, refused

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

GAP_SECONDS: Final = 30.0
RESUMED_SECONDS: Final = 2.0
STOPPED_SECONDS: Final = 30.0
SWEEP_BATCH: Final = 200


def resumed_seconds(attempts: int) -> float:
    """After how long `thread.resumed`, which waits for what was said before it, is looked at again and the
    partner asked for that; soon at first, for all of the thread waits. `attempts`: earlier tries.
    """
    return min(GAP_SECONDS, RESUMED_SECONDS * 2.0 ** min(attempts, 16))


class Inbox:
    """The inbox of one service: applies what the intake has stored."""

    def __init__(
        self,
        context: Context,
        correspondent: Correspondent,
        *,
        intake: Intake,
        borders: Borders,
        quarantine: Quarantine,
        answers: Answers,
        reminder: Reminder,
    ) -> None:
        self._context = context
        self._reminder = reminder
        self._correspondent = correspondent
        self._intake = intake
        self._borders = borders
        self._quarantine = quarantine
        self._answers = answers
        self._rows = context.database[INBOX.name]
        # The verdict of a row follows from its record; losing the mark only costs handling it again.
        self._marks = self._rows.with_options(write_concern=REPEATABLE)
        # Per thread that is at work: the rows that wait for their turn, by id.
        self._running: dict[tuple[str, str], dict[str, Taken]] = {}
        self._lock = threading.Lock()

    def apply(self, taken: Taken) -> None:
        """Applies the row, and after it those of its thread that waited for it. Raises nothing.

        In one process one at a time per thread; a second caller leaves its row to the first.
        """
        key = (taken.row["partner"], taken.row["thread"])
        with self._lock:
            if key in self._running:
                self._running[key].setdefault(taken.row["_id"], taken)
                return
            waiting = self._running[key] = {taken.row["_id"]: taken}
        while True:
            with self._lock:
                if not waiting:
                    del self._running[key]
                    return
                following: Taken | None = waiting.pop(next(iter(waiting)))
            try:
                while following is not None:
                    following = self._step(following)
                    if following is not None:
                        waiting.pop(following.row["_id"], None)  # its turn has come
            except Exception as error:
                log.warning("a row of the inbox is left to the sweep", thread=key[1], error=repr(error))

    def _step(self, taken: Taken) -> Taken | None:
        """Handles one row; gives the next one of its thread when there is one to go on with."""
        row = taken.row
        if self._stopped(row):
            return None
        message = taken.read()
        if not message.approved and TrustBook.of(self._context).ring(row["partner"]).has_revoked(message.kid):
            self._park(row, REVOKED_KEY, f"{message.kid} was revoked before this was applied.")
            return None
        outcome = handling.handle(self._context, self._correspondent, message, row["attempts"])
        match outcome:
            case FinalOutcome(verdict, breaks):
                self._here("after_apply")
                if verdict.code == OldIncarnation.code and self._reminder.lives_on(row):
                    verdict, breaks = refused(SECOND_DEPLOYMENT), True
                if verdict.word == ACCEPTED:
                    self._reminder.applied(message)
                return self.conclude(row, verdict, breaks)
            case Ahead(applied):
                self._ahead(row, applied)
            case Waits(seconds, code):
                self._wait(row, seconds, code)
            case Parks(code, detail):
                self._park(row, code, detail)
        return None

    def _stopped(self, row: Document) -> bool:
        """Whether the trust lets nothing of this partner be handled now. The partner is not told.

        The thread of the trust itself goes on after its end: both may end it at the same time.
        """
        trust = TrustBook.of(self._context).trust(row["partner"])
        if trust is None or trust.status == SUSPENDED:
            self._delay(row, STOPPED_SECONDS, "trust_suspended")
        elif trust.status == ENDED and ThreadId.parse(row["thread"]).kind != "trust":
            self._set_parked(row, "trust_ended", f"The trust with {row['partner']} has ended.")
        else:
            return False
        return True

    def conclude(self, row: Document, verdict: Verdict, breaks: bool = False) -> Taken | None:
        """Keeps and answers a final verdict; gives the row of its thread that waited for it."""
        final = {"state": verdict.word, "code": verdict.code, "answered_at": self._context.clock.now()}
        change = {"$set": final, "$unset": {"due": "", "detail": ""}}
        with answering():
            # Who handles a row that has its verdict by now gets the same one: it is counted once.
            if self._marks.update_one(_open_still(row), change).matched_count:
                self._count(row, verdict.word)
        if breaks:
            self._borders.pause(row["partner"], verdict.code or "")
        self._answers.final(row, verdict)
        return None if breaks else self._following(row)

    def _following(self, row: Document) -> Taken | None:
        place = row_id(row["partner"], row["thread"], row["incarnation"], row["sequence"] + 1)
        with answering():
            found = self._rows.find_one({"_id": place, "state": WAITING})
        return Taken(found) if found else None

    def _ahead(self, row: Document, applied: Position) -> None:
        self._count(row, "waiting")
        if applied.incarnation < row["incarnation"] and row["sequence"] == 1:
            # What it waits for was said before its incarnation.
            self._delay(row, resumed_seconds(row["attempts"]), GAP)
            self._answers.ahead(row, applied, ())
            return
        if row["sequence"] > applied.sequence + WINDOW:
            with answering():
                self._rows.delete_one({"_id": row["_id"], "state": WAITING})
            return
        before = range(applied.sequence + 1, row["sequence"])
        ids = {row_id(row["partner"], row["thread"], row["incarnation"], n): n for n in before}
        self._delay(row, GAP_SECONDS, GAP)
        with answering():
            here = {found["_id"] for found in self._rows.find({"_id": {"$in": list(ids)}}, {"_id": 1})}
        missing = tuple(n for id, n in ids.items() if id not in here)
        if missing or row["attempts"] == 0:
            self._answers.ahead(row, applied, missing)

    def _wait(self, row: Document, seconds: float, code: str) -> None:
        self._count(row, "later")
        self._delay(row, seconds, code)
        if row["attempts"] == 0:
            self._answers.held(row)

    def _park(self, row: Document, code: str, detail: str) -> None:
        if self._set_parked(row, code, detail):
            self._answers.held(row)

    def _set_parked(self, row: Document, code: str, detail: str) -> bool:
        """Whether it is parked: not when another process has come to a verdict meanwhile."""
        parked = {"state": PARKED, "code": code, "detail": detail, "parked_at": self._context.clock.now()}
        with answering():
            change = {"$set": parked, "$unset": {"due": ""}}
            if not self._rows.update_one(_open_still(row), change).matched_count:
                return False
        self._count(row, "parked")
        return True

    def _delay(self, row: Document, seconds: float, code: str) -> None:
        due = self._context.clock.now() + timedelta(seconds=seconds)
        with answering():
            self._marks.update_one(
                {"_id": row["_id"], "state": WAITING},
                {"$set": {"due": due, "code": code}, "$inc": {"attempts": 1}},
            )

    def sweep(self, stopping: threading.Event) -> None:
        """Applies what is due: what a crash left, what waited long enough. Leaves the rest when it is to
        stop.
        """
        self._quarantine.try_again(self._take_again)
        for row in self._due():
            if stopping.is_set():
                return
            self.apply(Taken(row))

    def _due(self) -> list[Document]:
        """The first due row of each thread and incarnation, for the others follow it; a batch at most of a
        partner, and whoever has few before whoever has many.
        """
        order = [("due", 1), ("thread", 1), ("incarnation", 1), ("sequence", 1)]
        now, left_out = self._context.clock.now(), set(self._borders.paused())
        by_partner: dict[str, list[Document]] = {}
        full = True
        while full:
            with answering():
                found = self._rows.find({"due": {"$lte": now}, "partner": {"$nin": sorted(left_out)}})
                batch = list(found.sort(order).limit(SWEEP_BATCH))
            for row in batch:
                by_partner.setdefault(row["partner"], []).append(row)
            left_out |= by_partner.keys()
            full = len(batch) == SWEEP_BATCH
        first: dict[tuple[str, str, int], Document] = {}
        for rows in sorted(by_partner.values(), key=len):
            for row in sorted(rows, key=lambda row: (row["incarnation"], row["sequence"])):
                first.setdefault((row["partner"], row["thread"], row["incarnation"]), row)
        return list(first.values())

    def _take_again(self, partner: str, raw: bytes) -> None:
        taken = self._intake.take_again(partner, raw)
        if taken is not None:
            self.apply(taken)

    def _here(self, place: str) -> None:
        self._context.crash.here(f"{self._context.service}.{place}")

    def _count(self, row: Mapping[str, Any], verdict: str) -> None:
        VERDICTS.labels(self._context.account, self._context.service, row["partner"], verdict).inc()


def _open_still(row: Mapping[str, Any]) -> Document:
    """The row while nobody has come to a verdict on it."""
    return {"_id": row["_id"], "state": {"$in": [WAITING, PARKED]}}
