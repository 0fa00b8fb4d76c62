"""Marking: what was sent is marked so when half a second went by without an answer; most of it is answered
before, and costs no mark.

Part of the relay (relay.py); `answered` is called from other threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.common.database import Document
from services.federation.outgoing.deliveries import Deliveries

if TYPE_CHECKING:
    from services.common.context import Context

MARK_SECONDS: Final = 0.5

Place = tuple[str, int, int]


class Unmarked:
    """What was sent to one partner and is neither marked nor answered."""

    def __init__(
        self, context: Context, deliveries: Deliveries, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._context = context
        self._deliveries = deliveries
        self._monotonic = monotonic
        self._sent: dict[Place, tuple[str, float]] = {}

    def __contains__(self, row: Document) -> bool:
        return _place(row) in self._sent

    def sends(self, rows: Iterable[Document]) -> None:
        """They are about to be sent: before they are, for the answer may overtake the confirm."""
        now = self._monotonic()
        self._sent |= {_place(row): (row["_id"], now) for row in rows}

    def failed(self, rows: Iterable[Document]) -> None:
        """They were not sent, as far as is known."""
        for row in rows:
            self._sent.pop(_place(row), None)

    def answered(self, thread: str, incarnation: int, sequence: int) -> None:
        self._sent.pop((thread, incarnation, sequence), None)

    def next_at(self) -> float | None:
        """When the first of them needs its mark, by `monotonic`; None when there is none."""
        sent = [at for _, at in list(self._sent.values())]
        return min(sent) + MARK_SECONDS if sent else None

    def mark(self, *, all_of_them: bool = False) -> bool:
        """Marks what is late; tells whether there was any. Raises Unavailable."""
        now = self._monotonic()
        late = {
            place: id
            for place, (id, sent_at) in list(self._sent.items())
            if all_of_them or now - sent_at >= MARK_SECONDS
        }
        if not late:
            return False
        at = self._context.clock.now()
        due = at + timedelta(seconds=self._context.config.retry_min_seconds)
        self._deliveries.mark_sent(late.values(), at, due)
        for place in late:
            self._sent.pop(place, None)
        return True


def _place(row: Document) -> Place:
    return row["thread"], row["incarnation"], row["sequence"]
