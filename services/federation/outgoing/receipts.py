"""Receipts: signed, volatile, and always to be made again.

A receipt is not stored by the one who gives it. When it is lost (a crash between save and sending, a
partner's lane that is gone), the sender sends its message again, and the answer is made again from the inbox
row, or, when that has no verdict yet, from the position of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.federation.outgoing.words import Word
from services.federation.threads import Position
from services.federation.verdicts import BREAKS_THREAD, HELD, Verdict

TYPE: Final = "receipt.v1"


@dataclass(frozen=True)
class Receipt:
    """What we tell a partner of one message of its own. `verdict`: accepted, refused or held."""

    partner: str
    thread: str
    incarnation: int
    sequence: int
    hash: str
    verdict: str
    code: str | None
    applied: Position
    missing: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        return {
            "incarnation": self.incarnation,
            "sequence": self.sequence,
            "hash": self.hash,
            "verdict": self.verdict,
            "code": self.code,
            "applied": {"incarnation": self.applied.incarnation, "sequence": self.applied.sequence},
            "missing": list(self.missing),
        }

    def word(self) -> Word:
        return Word(self.partner, self.thread, TYPE, self.body())


class Answers:
    """The receipts for inbox rows. `send` takes one to be sent and returns at once."""

    def __init__(self, send: Callable[[Receipt], None]) -> None:
        self._send = send

    def final(self, row: Mapping[str, Any], verdict: Verdict) -> None:
        """What breaks the thread leaves its position before the message; all else is past it."""
        applied = row["sequence"] - (verdict.code in BREAKS_THREAD)
        self._answer(row, verdict.word, verdict.code, Position(row["incarnation"], applied))

    def held(self, row: Mapping[str, Any]) -> None:
        """It is the next one, and waits or is parked. Why is not the partner's business."""
        self._answer(row, HELD, None, Position(row["incarnation"], row["sequence"] - 1))

    def ahead(self, row: Mapping[str, Any], applied: Position, missing: tuple[int, ...]) -> None:
        """It waits for others before it; `missing` ones of its incarnation have not come."""
        self._answer(row, HELD, None, applied, missing)

    def _answer(
        self,
        row: Mapping[str, Any],
        verdict: str,
        code: str | None,
        applied: Position,
        missing: tuple[int, ...] = (),
    ) -> None:
        self._send(
            Receipt(
                row["partner"],
                row["thread"],
                row["incarnation"],
                row["sequence"],
                row["hash"],
                verdict,
                code,
                applied,
                missing,
            )
        )
