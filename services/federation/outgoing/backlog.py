"""The backlog: what is due to one partner, taken in batches at a bounded rate; of a long one only the
beginning is looked at (beginning.py), and not all the time.

Part of the relay (relay.py), and used by its thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from services.common.database import Document
from services.federation.outgoing.beginning import Beginning
from services.federation.outgoing.deliveries import Deliveries

if TYPE_CHECKING:
    from services.common.context import Context

BATCH: Final = 100
# Between two looks, when there is more.
LOOK_SECONDS: Final = 0.5


class Backlog:
    """To one partner. `next_at`: no look before this time (of `monotonic`)."""

    def __init__(
        self, context: Context, partner: str, deliveries: Deliveries, monotonic: Callable[[], float]
    ) -> None:
        self.next_at = 0.0
        self._context = context
        self._monotonic = monotonic
        self._due = Beginning(partial(deliveries.due, partner), lambda row: row["due"]["at"], BATCH)

    def look(self) -> list[Document]:
        """What is due longest. Raises Unavailable."""
        return self._due.look(self._context.clock.now())

    def sent(self, count: int) -> bool:
        """So many of what was found are sent. Tells whether there is more: that waits until `next_at`."""
        if self._due.more:
            pause = count / self._context.config.catch_up_messages_per_second
            self.next_at = self._monotonic() + max(pause, LOOK_SECONDS)
        return self._due.more
