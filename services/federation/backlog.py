"""The backlog: what is due to one partner, taken in batches at a bounded rate.

Of a long one only the beginning is looked at, up to when the batch before ended, and not all the time: a
database may sort all that it is asked about.

Part of the relay (relay.py), and used by its thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from services.common.database import Document
from services.federation.deliveries import Deliveries

if TYPE_CHECKING:
    from services.common.context import Context

BATCH: Final = 100
# Between two looks, when there is more.
LOOK_SECONDS: Final = 0.5
# How much further than the last batch the next look goes.
STEP: Final = timedelta(seconds=2)


class Backlog:
    """To one partner. `next_at`: no look before this time (of `monotonic`)."""

    def __init__(
        self, context: Context, partner: str, deliveries: Deliveries, monotonic: Callable[[], float]
    ) -> None:
        self.next_at = 0.0
        self._context = context
        self._partner = partner
        self._deliveries = deliveries
        self._monotonic = monotonic
        self._until: datetime | None = None
        self._more = False

    def look(self) -> list[Document]:
        """What is due longest. Raises Unavailable."""
        now = self._context.clock.now()
        until = min(now, self._until or now)
        found = self._deliveries.due(self._partner, until, BATCH)
        full = len(found) == BATCH
        self._until = found[-1]["due"]["at"] + STEP if full else None
        self._more = full or until < now
        return found

    def sent(self, count: int) -> bool:
        """So many of what was found are sent. Tells whether there is more: that waits until `next_at`."""
        if self._more:
            pause = count / self._context.config.catch_up_messages_per_second
            self.next_at = self._monotonic() + max(pause, LOOK_SECONDS)
        return self._more
