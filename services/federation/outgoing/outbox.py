"""The outbox: everything we say to a partner arrives, in its order, and we know what became of it.

What it promises

- A message is written in the save that decides it (letters.py). From then on it arrives at least once,
  whatever crashes on either side, and has its effect there once (the inbox of the other side sees to that).
- Nothing is given up: a partner that was away for thirty days gets everything, in order, and at no more than
  INTERDESK_CATCH_UP_MESSAGES_PER_SECOND, so that it can do its day's work beside. Nobody else waits for it.
- Each message shows what became of it: `queued`, `sent`, `held`, `accepted`, or `refused` and why
  (deliveries.py, settlement.py).
- What the partner refuses is undone by the service that said it; a thread in which it does not answer for a
  day is flagged, once (attention.py).

The way of a message

    record's save ──> row in `outbox` (queued) ──> partner's border (sent) ──> receipt (accepted, refused,
    held)

- The inside relay of the process hands rows over (`offer`): they are kept, taken off their record, and sent
  at once.
- One relay per partner (relay.py), with a connection of its own to the partner's border, closed when idle.
  Publishing is confirmed, persistent and mandatory, all of it under a watchdog. Nothing is published in the
  path of a request.
- Of several processes each sends at once what it has just written; the one that holds the partner's lease
  sends what is due: what a crash left, and again what has no receipt. Two who think they hold it only make
  duplicates.

When things fail

- The partner's broker is away, or silent, or its lane is full or gone: rows stay as they are, and the next
  try comes after a back-off per partner (INTERDESK_RETRY_MIN_SECONDS doubling to INTERDESK_RETRY_MAX_SECONDS,
  with jitter).
- Confirmed, and no receipt: of each thread the lowest unanswered message is sent again after such a back-off;
  when it is answered, the rest of the thread. At most 64 messages of a thread are on the way.
- Any verified message from the partner, a receipt too, shows that it is there: the back-off is cleared and
  what waits is due.
- A receipt `held` stops the sending again, not the waiting; what it names as missing is sent again at once.
  In case the final receipt gets lost, held messages are asked about from time to time.
- A crash before the row is marked sent: it is sent again. A crash before the receipt counts: the partner's
  lane still has it.
- A receipt counts when it is signed by the recipient and names the hash of our payload; its first final
  verdict stands.
- A key of ours is revoked: what it sealed and is not answered is sealed again, same payload and same place,
  and sent.
- `refused: sequence_conflict`, `chain_broken` or `second_deployment`: the two sides disagree on what was
  said. Nothing is undone; the border to this partner is paused, with an alert.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from services.common import logs
from services.common.database import Document
from services.common.verdicts import is_outage
from services.federation import metrics
from services.federation.incoming.handling import Correspondent
from services.federation.outgoing.attention import Attention
from services.federation.outgoing.deliveries import OPEN, Deliveries
from services.federation.outgoing.journeys import Journeys
from services.federation.outgoing.owing import Piece
from services.federation.outgoing.receipts import Receipt
from services.federation.outgoing.relay import PartnerRelay
from services.federation.outgoing.settlement import NotOurs, Settlement
from services.federation.outgoing.words import Word
from services.federation.partners.borders import Borders
from services.federation.partners.measuring import measure
from services.federation.partners.trusts import TrustBook
from services.federation.restoring.deployment import Deployment
from services.federation.sealing.envelope import Message
from services.federation.verdicts import HELD, SECOND_DEPLOYMENT

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)


class Outbox:
    """The outbox of one service: deliveries, a relay per partner, and who is told what became of them."""

    def __init__(self, context: Context, correspondent: Correspondent, borders: Borders) -> None:
        self._context = context
        self._borders = borders
        self._holder = uuid.uuid4().hex
        self.deliveries = Deliveries(context)
        self._journeys = Journeys(context)
        self._settlement = Settlement(context)
        self._attention = Attention(context, correspondent, borders, self.deliveries)
        self._relays: dict[str, PartnerRelay] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._revoked: frozenset[str] | None = None  # not looked at yet

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(10)
        with self._lock:
            relays, self._relays = list(self._relays.values()), {}
        for relay in relays:
            relay.stop()

    @property
    def connected(self) -> int:
        """How many partners' borders we are connected to."""
        return sum(relay.connected for relay in list(self._relays.values()))

    # What the inside relay, the intake and the inbox call

    def offer(self, rows: Sequence[Document]) -> None:
        """Keeps message rows and has them sent. Raises Unavailable: then they stay in their record."""
        by_partner: dict[str, list[Document]] = {}
        for row in self.deliveries.take(rows):
            by_partner.setdefault(row["partner"], []).append(row)
        for partner, kept in by_partner.items():
            self._journeys.begin(kept)
            self._relay_to(partner).offer(kept)

    def owe(self, answer: Receipt | Word) -> None:
        """Has a receipt sent, or another word that is kept nowhere."""
        self._relay_to(answer.partner).owe(answer)

    def serve(self, partner: str, piece: Piece) -> bool:
        """Has a piece of a file sent; false when too many wait for the partner already."""
        return self._relay_to(partner).serve(piece)

    def heard(self, partner: str) -> None:
        """A verified message of the partner came."""
        self._borders.heard(partner)
        self._relay_to(partner).heard()

    def take_receipt(self, receipt: Message, sealed: bytes) -> None:
        """Keeps what a verified receipt says. Raises Unavailable: then it must not be acked."""
        body = receipt.body
        try:
            refused = self._settlement.settle(receipt, sealed)
        except NotOurs as error:
            self._is_not_ours(receipt.sender, error.code)
            return
        place = receipt.thread, body["incarnation"], body["sequence"]
        final = body["verdict"] != HELD
        if final:
            self._journeys.end(receipt.sender, place, body["verdict"])
        self._relay_to(receipt.sender).answered(*place, final=final)
        if refused is not None:
            self._wake.set()

    def hurry(self, partner: str) -> None:
        """Something for the partner is due."""
        self._relay_to(partner).hurry()

    def _is_not_ours(self, partner: str, code: str) -> None:
        if code == SECOND_DEPLOYMENT:
            self._borders.pause(partner, code)
        elif not Deployment.of(self._context).told_by_partner():
            log.error("a partner has a message that we did not send", partner=partner)

    def _relay_to(self, partner: str) -> PartnerRelay:
        with self._lock:
            relay = self._relays.get(partner)
            if relay is None:
                relay = self._relays[partner] = PartnerRelay(
                    self._context,
                    partner,
                    deliveries=self.deliveries,
                    borders=self._borders,
                    holder=self._holder,
                )
                if not self._stopping:
                    relay.start()
            return relay

    # By the clock

    def _run(self) -> None:
        logs.bind(self._context.account, self._context.service)
        measure_at = 0.0
        while not self._stopping:
            try:
                self._ensure_relays()
                self._attention.attend()
                if time.monotonic() >= measure_at:
                    measure(self._context)
                    measure_at = time.monotonic() + metrics.MEASURE_SECONDS
                self._say_again_what_is_revoked()
            except Exception as error:
                if not is_outage(error):
                    log.exception("the outbox failed; it goes on")
            self._wake.wait(self._context.config.sweep_seconds)
            self._wake.clear()

    def _ensure_relays(self) -> None:
        """A relay for each partner that we may have something for: also what an earlier process left."""
        for trust in TrustBook.of(self._context).trusts():
            if trust.lets_send:
                self._relay_to(trust.partner)

    def _say_again_what_is_revoked(self) -> None:
        """After a revocation partners park what they have under that key: it is due now, not in an hour."""
        revoked = TrustBook.of(self._context).own_ring().revoked_kids
        if self._revoked is not None and revoked - self._revoked:
            for partner in list(self._relays):
                self.deliveries.hurry(partner, self._context.clock.now(), OPEN)
        self._revoked = revoked
