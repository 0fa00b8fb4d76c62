"""The intake: from the raw bytes of a lane to a stored row, or to quarantine. After it a delivery may be
acked.

Part of the inbox; its protocol is told there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pymongo.errors import DuplicateKeyError

from services.common.database import Document, answering
from services.common.errors import Invalid
from services.federation import messages
from services.federation.incoming.quarantine import UNKNOWN_KEY, Delivery, Quarantine
from services.federation.metrics import RECEIVED
from services.federation.outgoing.receipts import TYPE as RECEIPT
from services.federation.outgoing.receipts import Answers
from services.federation.partners.borders import Borders
from services.federation.partners.topology import exchange_of
from services.federation.partners.trusts import TrustBook
from services.federation.sealing import envelope
from services.federation.sealing.envelope import Message, Unverified
from services.federation.sealing.rings import SUCCESSOR_NOT_PROVEN, PartnerRing
from services.federation.stored import INBOX, PARKED, REVOKED_KEY, WAITING, row_id
from services.federation.threads import ThreadId
from services.federation.verdicts import Verdict, refused

if TYPE_CHECKING:
    from services.common.context import Context

# So many deliveries of a partner under revoked keys wait for a person; more of them go to quarantine.
MAX_UNPROVEN: Final = 256


@dataclass(frozen=True)
class Taken:
    """A row that is to be applied; `message` when it is at hand from having been opened just now."""

    row: Document
    message: Message | None = None

    def read(self) -> Message:
        if self.message is not None:
            return self.message
        message = envelope.read_verified(self.row["sealed"])
        return replace(
            message, received_at=self.row["received_at"], approved=self.row.get("approved_at") is not None
        )


class Intake:
    """The intake of one service.

    `take_receipt` gets each verified receipt of a partner with its bytes, `take_of_file` (None: this service
    has no files) what it says of a file piece by piece; `heard` is told of each verified delivery. Every
    method raises Unavailable when the database does not answer: then a delivery must not be acked.
    """

    def __init__(
        self,
        context: Context,
        *,
        borders: Borders,
        quarantine: Quarantine,
        answers: Answers,
        take_receipt: Callable[[Message, bytes], None],
        take_of_file: Callable[[Message], None] | None = None,
        heard: Callable[[str], None],
    ) -> None:
        self._context = context
        self._borders = borders
        self._quarantine = quarantine
        self._answers = answers
        self._take_receipt = take_receipt
        self._take_of_file = take_of_file
        self._heard = heard
        self._rows = context.database[INBOX.name]

    def take(self, delivery: Delivery) -> Taken | None:
        """Checks and stores one delivery. Gives what is to be applied."""
        try:
            message = self._opened(delivery)
        except Unverified as error:
            if error.code != REVOKED_KEY or not self._parked(delivery.partner, delivery.raw, error):
                self._quarantine.keep(delivery.partner, delivery.raw, error)
            return None
        return self._store(message, delivery.raw)

    def take_again(self, partner: str, raw: bytes) -> Taken | None:
        """What was in quarantine, when its key is known by now. Raises Unverified while it is not."""
        return self._store(self._verified(partner, raw), raw)

    def _opened(self, delivery: Delivery) -> Message:
        envelope.check_properties(len(delivery.raw), delivery.properties)
        if delivery.exchange != exchange_of(delivery.partner):
            raise Unverified("wrong_exchange", f"{delivery.exchange!r} in the lane of {delivery.partner}")
        return self._verified(delivery.partner, delivery.raw)

    def _verified(self, partner: str, raw: bytes) -> Message:
        book = TrustBook.of(self._context)
        try:
            return self._open(partner, raw, book.ring(partner))
        except Unverified as error:
            if error.code != UNKNOWN_KEY:
                raise
            return self._open(partner, raw, book.refreshed_ring(partner))

    def _open(self, partner: str, raw: bytes, ring: PartnerRing) -> Message:
        own_account = self._context.account
        return envelope.open_sealed(raw, exchange_sender=partner, own_account=own_account, ring=ring)

    def _store(self, message: Message, raw: bytes) -> Taken | None:
        RECEIVED.labels(self._context.account, self._context.service, message.sender).inc()
        self._heard(message.sender)
        self._borders.wrote(message.sender, message.sent_at)
        if message.sequence == 0:
            self._take_unsequenced(message, raw)
            return None
        row, now = self._row(message, raw), self._context.clock.now()
        row |= {"state": WAITING, "due": now + timedelta(seconds=self._context.config.sweep_seconds)}
        self._here("before_inbox_store")
        try:
            with answering():
                self._rows.insert_one(row)
        except DuplicateKeyError:
            return self._came_again(message, raw)
        self._here("after_inbox_store")
        return Taken(row, replace(message, received_at=now))

    def _row(self, message: Message, raw: bytes) -> Document:
        return {
            "_id": row_id(message.sender, message.thread, message.incarnation, message.sequence),
            "partner": message.sender,
            "thread": message.thread,
            "incarnation": message.incarnation,
            "sequence": message.sequence,
            "hash": message.hash,
            "type": message.type,
            "message_id": message.id,
            "sealed": raw,
            "received_at": self._context.clock.now(),
            "code": None,
            "attempts": 0,
        }

    def _parked(self, partner: str, raw: bytes, error: Unverified) -> bool:
        """Parks what a revoked key sealed and nothing else is wrong with; a person may approve it.

        Not when its place is taken, and of a partner not too many: a thief may be the one who sends.
        """
        try:
            ring = TrustBook.of(self._context).ring(partner).before_revocations()
            message = self._open(partner, raw, ring)
        except Unverified:
            return False
        unproven = {"state": PARKED, "partner": partner, "code": REVOKED_KEY}
        parked = {**unproven, "detail": error.text, "parked_at": self._context.clock.now()}
        with answering():
            waiting = self._rows.count_documents(unproven, limit=MAX_UNPROVEN)
            if not message.sequence or waiting == MAX_UNPROVEN:
                return False
            try:
                self._rows.insert_one({**self._row(message, raw), **parked})
            except DuplicateKeyError:
                return False
        return True

    def _take_unsequenced(self, message: Message, raw: bytes) -> None:
        try:
            body = messages.check_incoming(message.type, message.body)
        except Invalid as invalid:
            self._quarantine.keep(message.sender, raw, Unverified(invalid.code, str(invalid)))
            return
        checked = replace(message, body=body)
        if message.type == RECEIPT:
            self._take_receipt(checked, raw)
        elif self._take_of_file is None or not _fits(message):
            error = Unverified("wrong_kind", f"{message.type} is not said in {message.thread}")
            self._quarantine.keep(message.sender, raw, error)
        else:
            self._take_of_file(checked)

    def _came_again(self, message: Message, raw: bytes) -> Taken | None:
        """The place is taken: by the same message, which is answered again, or by another one."""
        place = row_id(message.sender, message.thread, message.incarnation, message.sequence)
        with answering():
            row = self._rows.find_one({"_id": place})
        if row is None:
            return None  # let go in between; it will come again
        if self._yields(row, message):
            if row["state"] == PARKED or row["hash"] == message.hash:
                return self._proven(row, message, raw)
            return Taken(row)  # it is parked now, and the other one comes again
        if row["hash"] != message.hash:
            self._conflict({**row, "hash": message.hash}, raw)
            return None
        if row["state"] == WAITING:
            return Taken(row)
        if row["state"] == PARKED:
            self._answers.held(row)
        else:
            self._answers.final(row, Verdict(row["state"], row["code"]))
        return None

    def _yields(self, row: Document, message: Message) -> bool:
        """Whether the place is held by what a thief may have put there, and no person has approved: by a key
        that is revoked, or by keys that the partner's next one does not vouch for and now vouches against.
        """
        if row["state"] not in (WAITING, PARKED) or row.get("approved_at") is not None:
            return False
        ring = TrustBook.of(self._context).ring(row["partner"])
        if row["code"] == SUCCESSOR_NOT_PROVEN and ring.is_next(message.kid):
            return True
        return ring.has_revoked(envelope.read_verified(row["sealed"]).kid)

    def _proven(self, row: Document, message: Message, raw: bytes) -> Taken | None:
        """What a revoked key had sealed is said under a good one; or something else is, in its place."""
        if row["hash"] != message.hash:
            code = row["code"] or REVOKED_KEY
            error = Unverified(code, f"{row['thread']} has another message in this place")
            self._quarantine.keep(row["partner"], row["sealed"], error)
        proven = {**self._row(message, raw), "state": WAITING, "due": self._context.clock.now()}
        with answering():
            seen = {"_id": row["_id"], "state": row["state"], "approved_at": None}
            if self._rows.replace_one(seen, proven).matched_count == 0:
                return None  # a person was first
        return Taken(proven, replace(message, received_at=proven["received_at"]))

    def _conflict(self, row: Document, raw: bytes) -> None:
        verdict = refused("sequence_conflict")
        error = Unverified("sequence_conflict", f"sequence {row['sequence']} of {row['thread']} is taken")
        self._quarantine.keep(row["partner"], raw, error)
        self._borders.pause(row["partner"], error.code)
        self._answers.final(row, verdict)

    def _here(self, place: str) -> None:
        self._context.crash.here(f"{self._context.service}.{place}")


def _fits(message: Message) -> bool:
    """Whether a type is said in such a thread."""
    return messages.type_of(message.type).kind == ThreadId.parse(message.thread).kind
