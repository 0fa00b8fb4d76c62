"""A page of heads, and whether the messages after it are all of them, in their order. Pure.

The messages of a page come thread by thread as the heads name them, of each thread first what was sent, then
what was received, each in its order. So what is missing is seen as soon as something later comes, and nothing
of a thread has to be kept that is through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.federation.ledger.evidence import Said, disagreed
from services.federation.ledger.findings import Doubt
from services.federation.ledger.heads import Head, Place, Run, follows
from services.federation.ledger.lines import RECEIVED, SENT


@dataclass
class _Direction:
    """One direction of one thread, and how far it was walked."""

    head: Head
    record: str
    run: Run
    last: Place | None = None
    count: int = 0
    hash: str | None = None

    @property
    def text(self) -> str:
        said = f"sent to {self.head.partner}" if self.record == SENT else f"received from {self.head.partner}"
        return f"{said} in {self.head.thread}"

    def step(self, said: Said, record: Mapping[str, Any]) -> Iterator[Doubt]:
        """What is wrong with this as the next message. It is taken as such all the same."""
        before, expected = self.last, self.hash
        if before is not None and said.place <= before:
            yield Doubt("record_out_of_order", f"{said.text} stands behind #{before[1]}")
            return
        self.last, self.hash, self.count = said.place, said.hash, self.count + 1
        if not self.run.holds(said.place):
            yield Doubt("message_beyond_heads", f"{said.text} is not among those that the heads name")
        elif before is None and said.place != self.run.first:
            yield Doubt("message_missing", f"{self.text}: {_span(self.run.first, said.place)} missing")
        elif before is not None and not follows(before, said.place):
            yield Doubt("message_missing", f"{self.text}: {_span(_next(before), said.place)} missing")
        begins = said.place[1] == 1
        known = begins or (before is not None and follows(before, said.place))  # else it is not in the file
        if known and said.prev != (None if begins else expected) and not disagreed(record):
            yield Doubt("chain_broken", f"{said.text} does not name the message before it")
        if self.record == SENT and record["receipt"] is None and not self.run.waits_for(said.place):
            yield Doubt("receipt_missing", f"{said.text} was receipted when the heads were sealed")

    def end(self) -> Iterator[Doubt]:
        """What is missing at the end of the direction."""
        if self.last is None:
            yield Doubt("message_missing", f"{self.text}: all is missing, {self.run.count} in number")
        elif self.last < self.run.last:
            span = f"what follows #{self.last[1]} is missing, to #{self.run.last[1]}"
            yield Doubt("message_missing", f"{self.text}: {span}")
        elif self.count != self.run.count:
            counts = f"{self.count} messages are there, {self.run.count} should be"
            yield Doubt("message_missing", f"{self.text}: {counts}")
        elif self.hash != self.run.hash:
            yield Doubt("head_differs", f"{self.text}: the last message is not the one that the heads name")


class Page:
    """The walk through the messages of one page of heads."""

    def __init__(self, heads: Iterable[Head]) -> None:
        self._directions = [
            _Direction(head, record, run)
            for head in heads
            for record, run in ((SENT, head.sent), (RECEIVED, head.received))
            if run is not None
        ]
        self._index = {
            (each.head.thread, each.head.partner, each.record): n for n, each in enumerate(self._directions)
        }
        self._at = 0

    def step(self, said: Said, record: Mapping[str, Any]) -> Iterator[Doubt]:
        """What is wrong with this as the next message of the page."""
        partner = said.recipient if record["record"] == SENT else said.sender
        n = self._index.get((said.thread, partner, record["record"]))
        if n is None:
            yield Doubt("message_beyond_heads", f"{said.text} is of no thread that the heads name")
        elif n < self._at:
            yield Doubt("record_out_of_order", f"{said.text} stands behind other threads")
        else:
            yield from self._pass_to(n)
            yield from self._directions[n].step(said, record)

    def end(self) -> Iterator[Doubt]:
        """There are no more messages: what is missing."""
        yield from self._pass_to(len(self._directions))

    def _pass_to(self, n: int) -> Iterator[Doubt]:
        for direction in self._directions[self._at : n]:
            yield from direction.end()
        self._at = n


def _next(place: Place) -> Place:
    return place[0], place[1] + 1


def _span(first: Place, before: Place) -> str:
    """What is missing from the first of these up to the second, which is there."""
    several = first[0] == before[0] and first[1] < before[1] - 1
    return f"#{first[1]} to #{before[1] - 1} are" if several else f"#{first[1]} is"
