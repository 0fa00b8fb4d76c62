"""The relay to one partner: one green thread that sends what is ours to say, and the receipts we owe.

Part of the outbox; its protocol is told there.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.common import logs
from services.common.database import Document
from services.common.errors import InterdeskError
from services.common.leases import Lease
from services.common.publishing import Outgoing
from services.federation import metrics
from services.federation.outgoing import departures, journeys
from services.federation.outgoing.backlog import BATCH, Backlog
from services.federation.outgoing.deliveries import QUEUED, Deliveries
from services.federation.outgoing.marking import Unmarked
from services.federation.outgoing.owing import Owing, Piece
from services.federation.outgoing.passage import Passage
from services.federation.outgoing.receipts import Receipt
from services.federation.outgoing.resending import Resending
from services.federation.outgoing.windows import Windows
from services.federation.outgoing.words import Word
from services.federation.partners.borders import Borders
from services.federation.partners.trusts import ACTIVE, ENDED, Trust, TrustBook
from services.federation.restoring.deployment import Deployment

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

MAX_FRESH: Final = 256
PULSE_SECONDS: Final = 5.0


class PartnerRelay:
    """Sends to one partner. What other threads call returns at once."""

    def __init__(
        self,
        context: Context,
        partner: str,
        *,
        deliveries: Deliveries,
        borders: Borders,
        holder: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        config = context.config
        self.partner = partner
        self._context = context
        self._deliveries = deliveries
        self._borders = borders
        self._monotonic = monotonic
        self._lease = Lease(
            context.database, f"relay to {partner}", holder, config.lease_seconds, context.clock
        )
        self._fresh: deque[Document] = deque(maxlen=MAX_FRESH)
        self._owing = Owing(context, partner, monotonic)
        self._unmarked = Unmarked(context, deliveries, monotonic)
        self._windows = Windows(deliveries)
        self._backlog = Backlog(context, partner, deliveries, monotonic)
        self._passage = Passage(context, partner, borders, monotonic)
        self._resending = Resending(context, deliveries)
        self._poll_at = 0.0
        self._heard_at: datetime | None = None
        self._was_heard = False
        self._paused: bool | None = None  # not looked at yet
        self._open = False  # whether the trust let us send when we looked last
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=f"relay to {self.partner}", daemon=True)
        self._thread.start()

    def stop(self, wait_seconds: float = 10) -> None:
        """Sends what it has in hand, gives up the lease, hangs up."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(wait_seconds)

    @property
    def connected(self) -> bool:
        return self._passage.is_open

    def offer(self, rows: Sequence[Document]) -> None:
        """Rows that were just kept; what finds no room here is found when it is due."""
        self._fresh.extend(rows)
        self._wake.set()

    def owe(self, answer: Receipt | Word) -> None:
        self._owing.owe(answer)
        self._wake.set()

    def serve(self, piece: Piece) -> bool:
        """A piece of a file that was asked for; false when too many wait already."""
        taken = self._owing.serve(piece)
        self._wake.set()
        return taken

    def hurry(self) -> None:
        """Something is due."""
        self._poll_at = 0.0
        self._wake.set()

    def answered(self, thread: str, incarnation: int, sequence: int, *, final: bool) -> None:
        """A receipt came."""
        self._unmarked.answered(thread, incarnation, sequence)
        if final and self._windows.answered(thread, incarnation, sequence):
            self.hurry()

    def heard(self) -> None:
        """A verified message of the partner came: it is there."""
        if self._resending.waits or self._passage.failed:
            self._was_heard = True
            self._wake.set()

    def _run(self) -> None:
        logs.bind(self._context.account, self._context.service, partner=self.partner)
        while not self._stopping:
            try:
                self._work()
            except InterdeskError as error:
                log.warning("the relay waits", error=str(error))
            except Exception:
                log.exception("the relay failed; it goes on")
            self._wake.wait(self._pause())
            self._wake.clear()
        self._end()

    def _end(self) -> None:
        """What can't be said any more must not have others wait for the lease."""
        steps: list[Callable[[], object]] = [partial(self._mark, all_of_them=True), self._lease.release]
        for step in [self._work, *steps] if self._owing.answers or self._fresh else steps:
            try:
                step()
            except Exception as error:
                log.warning("the relay ends without a farewell", error=repr(error))
        self._passage.hang_up()

    def _pause(self) -> float:
        """Seconds until there is something to do, if nobody wakes us."""
        now = self._monotonic()
        soonest = min(max(self._poll_at, self._backlog.next_at), now + PULSE_SECONDS)
        if (mark_at := self._unmarked.next_at()) is not None:
            soonest = min(soonest, mark_at)
        if self._open and self._passage.retry_at <= now:
            if self._fresh or self._owing.answers:
                soonest = now
            elif (pieces_at := self._owing.next_at()) is not None:
                soonest = min(soonest, pieces_at)
        return max(0.02, soonest - now)

    def _work(self) -> None:
        """One round: what was heard, what is new, what is due, what needs its mark."""
        trust = self._trust()
        self._open = trust is not None
        if trust is None:
            self._fresh.clear()  # they are kept, and found when they are due
            self._owing.forget_pieces()
            self._poll_at = self._monotonic() + PULSE_SECONDS
            self._passage.hang_up()
            return
        self._clear_when_heard()
        if self._monotonic() < self._passage.retry_at:
            self._fresh.clear()  # they are kept, and found when they are due
            return
        publish = partial(self._publish, trust)
        self._owing.send_answers(publish)
        polling = self._poll_is_due() or self._paused is None
        if polling:
            self._poll_at = self._monotonic() + self._context.config.sweep_seconds
            self._paused = self._borders.is_paused(self.partner)
        if self._paused:
            self._fresh.clear()
        self._send_fresh(trust)
        self._windows.move(self._context.clock.now())
        if polling and not self._paused and self._lease.acquire():  # of all processes one sends it
            self._send_due(trust)
        self._owing.send_pieces(publish, may_go=not self._paused and trust.status == ACTIVE)
        self._mark()
        self._passage.breathe()

    def _poll_is_due(self) -> bool:
        return self._monotonic() >= max(self._poll_at, self._backlog.next_at)

    def _trust(self) -> Trust | None:
        """The trust, when it lets us send. What is new may be the first after a change of it, so then no kept
        answer will do. Nothing is sent while a person has to say whose database this is.
        """
        if Deployment.of(self._context).problem() is not None:
            return None
        book = TrustBook.of(self._context)
        trust = book.trust(self.partner)
        if (self._fresh or self._owing.answers) and not (trust and trust.lets_send):
            book.forget()
            trust = book.trust(self.partner)
        return trust if trust and trust.lets_send else None

    def _clear_when_heard(self) -> None:
        if self._poll_is_due() and (self._resending.waits or self._passage.failed):
            heard_at = self._borders.heard_at(self.partner)
            self._was_heard |= heard_at is not None and heard_at != self._heard_at
            self._heard_at = heard_at
        if not self._was_heard:
            return
        self._was_heard = False
        could_not_send, was_silent = self._passage.clear(), self._resending.clear()
        if could_not_send or was_silent:
            self._poll_at = 0.0
            self._deliveries.hurry(self.partner, self._context.clock.now())

    def _send_fresh(self, trust: Trust) -> None:
        while self._fresh:
            rows = [self._fresh.popleft() for _ in range(min(BATCH, len(self._fresh)))]
            self._send_first(trust, self._that_may_go(trust, rows))

    def _send_due(self, trust: Trust) -> None:
        """What is due: new rows that nobody sent, and of each thread the lowest without an answer."""
        found = self._backlog.look()
        rows = self._that_may_go(trust, [row for row in found if row not in self._unmarked])
        new = [row for row in rows if row["state"] == QUEUED]
        lowest: dict[str, Document] = {}
        for row in rows:
            if row["state"] != QUEUED:
                lowest.setdefault(row["thread"], row)
        self._send_first(trust, new)
        self._send_again(trust, list(lowest.values()))
        if self._backlog.sent(len(new) + len(lowest)):
            self._poll_at = 0.0

    def _that_may_go(self, trust: Trust, rows: Sequence[Document]) -> list[Document]:
        """When a trust has ended, only that is still said; and of a thread at most 64 are on the way.

        What may not go now is looked at again after a while, so that it does not stand before what may.
        """
        now = self._context.clock.now()
        if trust.status != ENDED:
            return self._windows.let_through(rows, now)
        farewell = [row for row in rows if row["thread"].startswith("trust/")]
        for row in rows:
            if row not in farewell:
                wait = timedelta(seconds=self._context.config.retry_max_seconds)
                self._deliveries.postpone(row, now + wait)
        return self._windows.let_through(farewell, now)

    def _send_first(self, trust: Trust, rows: list[Document]) -> None:
        if not rows:
            return
        self._unmarked.sends(rows)
        self._here("before_deliver")
        try:
            self._publish(trust, self._departing(rows))
        except InterdeskError:
            self._unmarked.failed(rows)
            raise
        self._here("after_deliver")
        self._count(metrics.SENT, len(rows))
        journeys.delivered(self._context, self.partner, rows)

    def _send_again(self, trust: Trust, rows: list[Document]) -> None:
        if not rows:
            return
        self._publish(trust, self._departing(rows))
        self._count(metrics.RESENT, len(rows))
        self._resending.sent(rows)

    def _mark(self, *, all_of_them: bool = False) -> None:
        if self._unmarked.mark(all_of_them=all_of_them):
            self._here("after_delivery_mark")

    def _publish(self, trust: Trust, outgoing: list[Outgoing]) -> None:
        try:
            self._passage.publish(trust, outgoing)
        except InterdeskError:
            self._poll_at = max(self._poll_at, self._passage.retry_at)
            raise

    def _departing(self, rows: Sequence[Document]) -> list[Outgoing]:
        return [departures.of_delivery(self._context, self._deliveries, row) for row in rows]

    def _here(self, place: str) -> None:
        self._context.crash.here(f"{self._context.service}.{place}")

    def _count(self, counter: Any, amount: int) -> None:
        counter.labels(self._context.account, self._context.service, self.partner).inc(amount)
