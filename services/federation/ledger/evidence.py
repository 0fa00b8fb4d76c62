"""One message of a ledger and its receipt: whether each says, under its maker's seal, what the record says it
does. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.common.clock import from_iso, iso
from services.common.errors import Invalid
from services.federation import messages
from services.federation.ledger.findings import Doubt
from services.federation.ledger.heads import Place
from services.federation.ledger.keybook import KeyBook
from services.federation.ledger.lines import SENT
from services.federation.outgoing.deliveries import OPEN
from services.federation.sealing import seals
from services.federation.sealing.envelope import Message, Unverified, read_verified
from services.federation.verdicts import ACCEPTED, HELD, REFUSED

ANNOUNCEMENT: Final = "keys.announced.v1"
RECEIPT: Final = "receipt.v1"


@dataclass(frozen=True)
class Said:
    """A message as a record proves it. `body` is None where it is withheld."""

    id: str
    type: str
    sender: str
    recipient: str
    thread: str
    place: Place
    prev: str | None
    sent_at: datetime
    hash: str
    body: Mapping[str, Any] | None
    kid: str

    @property
    def text(self) -> str:
        """How people find it."""
        return f"{self.type} {self.sender} → {self.recipient}, {self.thread} #{self.place[1]}"


@dataclass(frozen=True)
class Witness:
    """What is proven of a message, for those who want to see all of it."""

    record: int
    said: Said
    verdict: str | None
    code: str | None
    receipted_at: datetime | None

    @classmethod
    def of(cls, record: Mapping[str, Any], said: Said, receipt: Message | None) -> Witness:
        """What became of it: by the partner's receipt if we sent it, else by what the account says it did."""
        if receipt is not None:
            verdict, code = receipt.body["verdict"], receipt.body["code"]
            return cls(record["n"], said, verdict, code, receipt.sent_at)
        if record["record"] == SENT:
            return cls(record["n"], said, None, None, None)
        return cls(record["n"], said, record["state"], record["code"], None)

    def to_document(self) -> dict[str, Any]:
        """`verdict`: by the recipient's receipt, which it gave at `receipted_at` by its own clock; of a
        received message by the word of the account. None: nobody has said."""
        said = self.said
        return {
            "record": self.record,
            "sent_at": iso(said.sent_at),
            "from": said.sender,
            "to": said.recipient,
            "type": said.type,
            "thread": said.thread,
            "incarnation": said.place[0],
            "sequence": said.place[1],
            "id": said.id,
            "hash": said.hash,
            "verdict": self.verdict,
            "code": self.code,
            "receipted_at": self.receipted_at and iso(self.receipted_at),
            "withheld": said.body is None,
        }


def message_of(record: Mapping[str, Any], account: str) -> Said:
    """The message that a record holds, or the place of one that is withheld; no seal is verified yet. Raises
    Doubt."""
    if (record["sealed"] is None) == (record["withheld"] is None):
        raise Doubt("malformed_record", "a message is either there as it was sealed, or withheld")
    said = _withheld(record["withheld"]) if record["sealed"] is None else _sealed(record["sealed"])
    mine, ours = said.sender == account, account in (said.sender, said.recipient)
    if not ours or mine != (record["record"] == SENT) or said.sender == said.recipient:
        raise Doubt("wrong_side", f"{said.text} is no message that {account} has {record['record']}")
    if said.place[1] == 0:
        raise Doubt("wrong_place", f"{said.type} has no place in a thread")
    if said.body is None and not said.thread.startswith("trust/"):
        raise Doubt("withheld_elsewhere", f"{said.text} carries no credentials: only trusts do")
    return said


def _withheld(place: Mapping[str, Any]) -> Said:
    return Said(
        **{
            name: place[name]
            for name in ("id", "type", "sender", "recipient", "thread", "prev", "hash", "kid")
        },
        place=(place["incarnation"], place["sequence"]),
        sent_at=from_iso(place["sent_at"]),
        body=None,
    )


def _sealed(sealed: str) -> Said:
    message = _read(sealed)
    return Said(
        message.id,
        message.type,
        message.sender,
        message.recipient,
        message.thread,
        (message.incarnation, message.sequence),
        message.prev,
        message.sent_at,
        message.hash,
        message.body,
        seals.parse(sealed.encode(), seals.MESSAGE)[0],
    )


def check_seal(record: Mapping[str, Any], said: Said, book: KeyBook) -> None:
    """Whether the sender has sealed the message, with a key that counted when it came; whether the account's
    own did is its partner's to say, by a receipt. Of what is withheld nobody can say. Raises Doubt."""
    if said.body is None:
        return
    kid, _ = book.open(record["sealed"], seals.MESSAGE, said.sender, record["n"])
    if record["record"] != SENT and record["approved_at"] is None:
        book.check_time(kid, from_iso(record["at"]))
    if said.type == ANNOUNCEMENT and record["state"] == ACCEPTED:  # else it was not believed
        try:
            keys = messages.check_incoming(said.type, said.body)["keys"]
        except Invalid as error:
            raise Doubt("not_a_message", f"{said.text} is malformed: {error}") from None
        book.announced(kid, keys, from_iso(record["at"]))


def remarks(record: Mapping[str, Any], said: Said, book: KeyBook) -> Iterator[str]:
    """What can't be known of a message that is otherwise as it should be."""
    if disagreed(record):
        yield f"What was said before {said.text}: the two accounts disagree on it."
    if record.get("approved_at") is not None:
        yield f"Who said {said.text}: a person of {said.recipient} took it for the partner's."
    if record["record"] == SENT and record["receipt"] is None and book.is_revoked(said.kid):
        yield f"Who said {said.text}: its key was revoked, and no receipt says that it came before."


def _read(sealed: str) -> Message:
    try:
        return read_verified(sealed.encode())
    except seals.Malformed as error:
        raise Doubt("not_sealed", f"the seal is malformed: {error}") from None
    except Unverified as error:
        raise Doubt("not_a_message", error.text) from None


def receipt_of(record: Mapping[str, Any], said: Said, book: KeyBook) -> Message | None:
    """The partner's final receipt for a message that was sent; None: there is none. Raises Doubt."""
    if record["receipt"] is None:
        return None
    receipt = _read(record["receipt"])
    kid, _ = book.open(record["receipt"], seals.MESSAGE, said.recipient, record["n"])
    book.check_time(kid, from_iso(record["answered_at"] or record["at"]))
    if (receipt.type, receipt.sender, receipt.recipient, receipt.thread) != (
        RECEIPT,
        said.recipient,
        said.sender,
        said.thread,
    ):
        raise Doubt("receipt_of_another", f"the receipt is not one of {said.recipient} in {said.thread}")
    try:
        body = messages.check_incoming(RECEIPT, receipt.body)
    except Invalid as error:
        raise Doubt("receipt_of_another", f"the receipt is malformed: {error}") from None
    if ((body["incarnation"], body["sequence"]), body["hash"]) != (said.place, said.hash):
        raise Doubt("receipt_of_another", f"the receipt is for another message than {said.text}")
    verdict = (body["verdict"], body["code"])
    asked_again = record["state"] in OPEN  # the recipient was restored, and has forgotten that it gave this
    if body["verdict"] == HELD or (verdict != (record["state"], record["code"]) and not asked_again):
        words = " ".join(filter(None, verdict))
        raise Doubt("verdict_differs", f"the record says {record['state']}, the receipt {words}")
    return receipt


def disagreed(record: Mapping[str, Any]) -> bool:
    """Whether the account itself refused a message for what it names as its predecessor."""
    return (record["state"], record["code"]) == (REFUSED, "chain_broken")
