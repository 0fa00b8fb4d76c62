"""Which pieces of a partner's file are asked for next, when again, and when no more. Pure.

A file is asked for in pieces of 128 KiB, from its beginning, a few at a time. Nothing of them may come: the
sender's process died, the lane was full, the partner is away. Then the next try waits longer each time, and
other files go first. A partner that is away is waited for without end; one that is heard and does not send
what it offers is given up after some hours. Whatever comes starts the patience anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

PIECE_BYTES: Final = 128 * 1024
AT_ONCE: Final = 8
MAX_SILENCES: Final = 30
MAX_DAMAGED: Final = 3

NOT_SENT: Final = "not_sent"
DAMAGED: Final = "damaged"


def count(size: int) -> int:
    """How many pieces a file of so many bytes has."""
    return -(-size // PIECE_BYTES)


def range_of(size: int, n: int) -> tuple[int, int]:
    """Where the nth piece begins, and how long it is."""
    start = n * PIECE_BYTES
    return start, min(PIECE_BYTES, size - start)


def piece_at(size: int, start: int, length: int) -> int | None:
    """Which piece these bytes are; None when they are none."""
    n, rest = divmod(start, PIECE_BYTES)
    fits = rest == 0 and n < count(size) and range_of(size, n) == (start, length)
    return n if fits else None


def missing(size: int, here: Collection[int]) -> list[int]:
    """The pieces that are not here."""
    return [n for n in range(count(size)) if n not in here]


@dataclass(frozen=True)
class Pull:
    """How far a file has come. `asked`: the pieces that were asked for last, in their order; `silences`: how
    often in a row nothing of what was asked has come though the partner was heard; `tries`: how often in a
    row nothing has come at all; `damaged`: how often all was here and its hash another.
    """

    size: int
    asked: tuple[int, ...] = ()
    silences: int = 0
    tries: int = 0
    damaged: int = 0

    def came(self, here: Collection[int]) -> bool:
        """Whether something of what was asked is here."""
        return any(n in here for n in self.asked)

    def next(self, here: Collection[int]) -> Pull:
        """Asks for the first that are missing."""
        went_on = self.came(here)
        return replace(
            self,
            asked=tuple(missing(self.size, here)[:AT_ONCE]),
            silences=0 if went_on else self.silences,
            tries=0 if went_on else self.tries,
        )

    def waits(self, *, heard: bool) -> Pull:
        """Nothing came in time; it steps aside. `heard`: the partner was heard since it was asked."""
        return replace(self, asked=(), silences=self.silences + heard, tries=self.tries + 1)

    def begins_again(self) -> Pull:
        """All was here, and damaged."""
        return Pull(self.size, damaged=self.damaged + 1)

    @property
    def given_up(self) -> str | None:
        """The code with which it ends, if it does."""
        if self.damaged >= MAX_DAMAGED:
            return DAMAGED
        return NOT_SENT if self.silences >= MAX_SILENCES else None


def ranges(size: int, asked: Sequence[int]) -> list[dict[str, int]]:
    """What was asked, as it is said."""
    return [{"start": start, "size": length} for start, length in (range_of(size, n) for n in asked)]
