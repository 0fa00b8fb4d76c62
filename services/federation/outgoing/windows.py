"""Windows: of a thread at most 64 messages are on the way. What is beyond waits until an answer moves the
window.

Part of the relay (relay.py); `answered` is called from other threads. An answer that another process took
moves the window here too, only later.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from services.common.database import Document
from services.federation.outgoing.deliveries import QUEUED, Deliveries
from services.federation.threads import WINDOW

BEYOND_SECONDS: Final = 10.0


class Windows:
    """Of the threads with one partner. Raises Unavailable when the database does not answer."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self._full: set[str] = set()
        self._answered: deque[tuple[str, int, int]] = deque()

    def let_through(self, rows: Iterable[Document], now: datetime) -> list[Document]:
        """Those of the rows that may go. Of their threads, all that is beyond is looked at again later."""
        through: list[Document] = []
        full: set[str] = set()
        for row in sorted(rows, key=lambda row: (row["thread"], row["incarnation"], row["sequence"])):
            if row["thread"] in full:
                continue
            if row["state"] != QUEUED or self._deliveries.in_window(row):
                through.append(row)
            else:
                full.add(row["thread"])
                self._full.add(row["thread"])
                self._deliveries.postpone_from(row, now + timedelta(seconds=BEYOND_SECONDS))
        return through

    def answered(self, thread: str, incarnation: int, sequence: int) -> bool:
        """A message has its final answer. Tells whether others of its thread wait for that."""
        if thread not in self._full:
            return False
        self._answered.append((thread, incarnation, sequence))
        return True

    def move(self, now: datetime) -> None:
        """What waited for answers that came is due."""
        furthest: dict[tuple[str, int], int] = {}
        while self._answered:
            thread, incarnation, sequence = self._answered.popleft()
            place = thread, incarnation
            furthest[place] = max(sequence, furthest.get(place, 0))
        for (thread, incarnation), sequence in furthest.items():
            if not self._deliveries.release(thread, incarnation, sequence + WINDOW, now):
                self._full.discard(thread)
