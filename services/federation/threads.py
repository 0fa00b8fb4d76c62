"""Threads: what two accounts say to each other about one record, in order and each thing once. Pure.

A thread's id is `<kind>/<opener>/<uuid>`; the opener is the account that spoke first. A thread is looked up
only together with the partner, so nobody can speak in a thread of others.

Each direction counts for itself: a position is (incarnation, sequence, hash). The sequence is 1, 2, 3 …; the
hash is the SHA-256 of the payload at that sequence, and every message carries the one of its predecessor
(`prev`), so the sender can't change later what it said.

The incarnation rises when the sender was restored from a backup (deployment.py). The first message of a new
one has the sequence 1 and no `prev`. Where the sender still knows the thread it is `thread.resumed`, which
names the last place that the sender knows it has used; it follows that place, so that nothing the sender
knows of is passed over. What the sender forgot stays applied; what it forgot and we had not applied never
counts.

Both positions live in the document of the thread's record and are saved with it. So what was applied is
applied once, however often it arrives, and a sequence number is used once, however many processes write.

When things fail:

- what is behind the position was applied already: `AlreadyApplied`, which names the verdict of then, so that
  a lost receipt can be made again; so is what was applied of the incarnation before the present one. What
  else comes of an earlier one is `OldIncarnation`;
- what is further ahead than the next one waits: `Gap`;
- another payload at the sequence last applied is `SequenceConflict`, a `prev` that is not the hash of the
  payload before it `ChainBroken`. Neither can be put right by trying again;
- of a thread with a verdict that was not plainly `accepted`, the last 64 are remembered beside the position:
  as many as can be on the way, so a crash between save and receipt forgets none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from services.federation.thread_errors import (
    AlreadyApplied,
    ChainBroken,
    Gap,
    NotInThread,
    OldIncarnation,
    SequenceConflict,
    UnknownThread,
)
from services.federation.verdicts import Verdict, done

# Of one thread, as many messages may be on the way, and as many received ones may wait.
WINDOW: Final = 64

FIRST_INCARNATION: Final = 1

# Kind of thread -> the service whose records it is about (partner-protocol.md section 3).
KINDS: Final[Mapping[str, str]] = {
    "trust": "organizations",
    "card": "organizations",
    "agreement": "slas",
    "handover": "requests",
    "observation": "requests",
}

ACCOUNT: Final = re.compile(r"[a-z][a-z0-9-]{1,30}")
UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Placed(Protocol):
    """What a thread needs to know of a message (`services.federation.sealing.envelope.Message` fits)."""

    @property
    def sender(self) -> str: ...
    @property
    def thread(self) -> str: ...
    @property
    def incarnation(self) -> int: ...
    @property
    def sequence(self) -> int: ...
    @property
    def prev(self) -> str | None: ...
    @property
    def hash(self) -> str: ...
    @property
    def since(self) -> Position | None: ...


@dataclass(frozen=True)
class ThreadId:
    """The three parts of a thread's id."""

    kind: str
    opener: str
    uuid: str

    @classmethod
    def parse(cls, text: str) -> ThreadId:
        """Raises ValueError when the text is not `<kind>/<opener>/<uuid>` of a known kind."""
        parts = text.split("/")
        if len(parts) != 3:
            raise ValueError("a thread is named <kind>/<opener>/<uuid>")
        kind, opener, uuid = parts
        if kind not in KINDS:
            raise ValueError(f"there are no threads of the kind {kind!r}")
        if not ACCOUNT.fullmatch(opener) or not UUID.fullmatch(uuid):
            raise ValueError("a thread is named <kind>/<opener>/<uuid>")
        return cls(kind, opener, uuid)

    def __str__(self) -> str:
        return f"{self.kind}/{self.opener}/{self.uuid}"

    @property
    def service(self) -> str:
        return KINDS[self.kind]


@dataclass(frozen=True)
class Position:
    """How far one direction of a thread has come. Sequence 0 with no hash: nothing was said yet."""

    incarnation: int = FIRST_INCARNATION
    sequence: int = 0
    hash: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        """What positions of one direction are compared by."""
        return self.incarnation, self.sequence

    def to_wire(self) -> dict[str, int]:
        return {"incarnation": self.incarnation, "sequence": self.sequence}

    @classmethod
    def from_wire(cls, body: Mapping[str, Any]) -> Position:
        return cls(body["incarnation"], body["sequence"])

    def to_document(self) -> dict[str, Any]:
        return {"incarnation": self.incarnation, "sequence": self.sequence, "hash": self.hash}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Position:
        return cls(document["incarnation"], document["sequence"], document["hash"])


@dataclass(frozen=True)
class Remark:
    """A final verdict worth remembering: a refusal, or an acceptance with a remark."""

    incarnation: int
    sequence: int
    verdict: Verdict

    def to_document(self) -> dict[str, Any]:
        return {
            "incarnation": self.incarnation,
            "sequence": self.sequence,
            "word": self.verdict.word,
            "code": self.verdict.code,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Remark:
        verdict = Verdict(document["word"], document["code"])
        return cls(document["incarnation"], document["sequence"], verdict)


@dataclass(frozen=True)
class Thread:
    """Both positions of one thread, seen from one side. A value: every step gives a new one."""

    id: str
    kind: str
    partner: str
    sent: Position = field(default_factory=Position)
    applied: Position = field(default_factory=Position)
    remarks: tuple[Remark, ...] = ()
    before: Position = field(default_factory=Position)
    """How far the partner's earlier incarnation was applied when the present one began."""

    def advance(self, message: Placed, verdict: Verdict | None = None) -> Thread:
        """The thread after this message was applied (or, with a refusal as `verdict`, after it was refused).

        Raises one of the ThreadErrors (thread_errors.py) when the message is not the next one.
        """
        self._check_next(message)
        verdict = verdict or done()
        remarks = self.remarks
        if verdict.code is not None:
            remark = Remark(message.incarnation, message.sequence, verdict)
            remarks = (*remarks, remark)[-WINDOW:]
        before = self.applied if message.incarnation > self.applied.incarnation else self.before
        applied = Position(message.incarnation, message.sequence, message.hash)
        return replace(self, applied=applied, remarks=remarks, before=before)

    def _check_next(self, message: Placed) -> None:
        if message.thread != self.id or message.sender != self.partner:
            raise NotInThread(f"{message.thread} from {message.sender} is not this thread")
        applied = self.applied
        if message.incarnation < applied.incarnation:
            before = self.before
            if message.incarnation == before.incarnation and message.sequence <= before.sequence:
                raise AlreadyApplied(self.verdict_of(message.incarnation, message.sequence))
            raise OldIncarnation(f"incarnation {message.incarnation} ended with {applied.incarnation}")
        if message.incarnation > applied.incarnation:
            if message.since is not None and message.since.place > applied.place:
                raise Gap(applied, message.sequence)
            applied = Position(message.incarnation)
        if message.sequence == applied.sequence and message.hash != applied.hash:
            raise SequenceConflict(f"sequence {message.sequence} was applied with another content")
        if message.sequence <= applied.sequence:
            raise AlreadyApplied(self.verdict_of(message.incarnation, message.sequence))
        if message.sequence > applied.sequence + 1:
            raise Gap(applied, message.sequence)
        if message.prev != applied.hash:
            raise ChainBroken(f"sequence {message.sequence} follows another message than the one applied")

    def verdict_of(self, incarnation: int, sequence: int) -> Verdict:
        """What an applied message ended with: as remembered, else plainly accepted."""
        for remark in reversed(self.remarks):
            if (remark.incarnation, remark.sequence) == (incarnation, sequence):
                return remark.verdict
        return done()

    def resumed(self, incarnation: int) -> Thread:
        """The thread at the beginning of a new incarnation of ours. Raises ValueError when it is not one."""
        if incarnation <= self.sent.incarnation:
            raise ValueError(f"incarnation {incarnation} does not follow {self.sent.incarnation}")
        return replace(self, sent=Position(incarnation))

    def after_sending(self, hash: str) -> Thread:
        """The thread after the next message of our own, whose payload has this hash, was written."""
        sent = Position(self.sent.incarnation, self.sent.sequence + 1, hash)
        return replace(self, sent=sent)

    def to_document(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind,
            "partner": self.partner,
            "sent": self.sent.to_document(),
            "applied": self.applied.to_document(),
            "remarks": [remark.to_document() for remark in self.remarks],
            "before": self.before.to_document(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Thread:
        return cls(
            id=document["id"],
            kind=document["kind"],
            partner=document["partner"],
            sent=Position.from_document(document["sent"]),
            applied=Position.from_document(document["applied"]),
            remarks=tuple(Remark.from_document(remark) for remark in document["remarks"]),
            before=Position.from_document(document["before"]) if "before" in document else Position(),
        )


def open_thread(
    kind: str, opener: str, partner: str, uuid: str, *, incarnation: int = FIRST_INCARNATION
) -> Thread:
    """A thread that we open with `partner` (`opener` is our own account). Raises ValueError."""
    thread = ThreadId.parse(f"{kind}/{opener}/{uuid}")
    if partner == opener or not ACCOUNT.fullmatch(partner):
        raise ValueError(f"{partner!r} can't be the partner of a thread opened by {opener!r}")
    return Thread(str(thread), kind, partner, sent=Position(incarnation))


def opened_by(message: Placed, *, incarnation: int = FIRST_INCARNATION) -> Thread:
    """Our side of the thread that the partner opens with this message; nothing is applied yet.

    The caller advances it over the message. `incarnation` is our own. Raises UnknownThread when it was for us
    to open it.
    """
    thread = ThreadId.parse(message.thread)
    if thread.opener != message.sender:
        raise UnknownThread(f"nothing is known here of {message.thread}, which we should have opened")
    return Thread(message.thread, thread.kind, message.sender, sent=Position(incarnation))
