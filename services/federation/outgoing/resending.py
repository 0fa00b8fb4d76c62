"""Sending again: when what has no answer is said once more. Of each thread that is its lowest message; the
others of the thread wait for its answer.

Part of the relay (relay.py), and used by its thread alone; `waits` is asked by other threads, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from services.common.database import Document
from services.federation.outgoing.deliveries import Deliveries, held_seconds
from services.federation.partners.backoff import Backoff
from services.federation.verdicts import HELD

if TYPE_CHECKING:
    from services.common.context import Context

# So often something was sent again without a word from the partner: it was away, when it is heard then.
SILENT_FAILURES: Final = 3


class Resending:
    """To one partner. Raises Unavailable when the database does not answer."""

    def __init__(self, context: Context, deliveries: Deliveries) -> None:
        config = context.config
        self._context = context
        self._deliveries = deliveries
        self._pace = Backoff(config.retry_min_seconds, config.retry_max_seconds)

    @property
    def waits(self) -> bool:
        """Whether something was sent again since the partner was heard."""
        return self._pace.failures > 0

    def clear(self) -> bool:
        """The partner is there. Gives whether it was silent for long."""
        was_silent = self._pace.failures >= SILENT_FAILURES
        self._pace.clear()
        return was_silent

    def sent(self, rows: Iterable[Document]) -> None:
        """These were sent again, each the lowest of its thread."""
        pace = self._pace.failed()
        now = self._context.clock.now()
        for row in rows:
            self._deliveries.mark_resent(row, now + timedelta(seconds=self._patience(row, pace)))

    def _patience(self, row: Document, pace: float) -> float:
        """How long to wait for the answer: longer each time. One that is alive and busy is not pressed."""
        config = self._context.config
        if row["state"] == HELD:
            return held_seconds(config)
        own = Backoff(config.retry_min_seconds, config.retry_max_seconds, failures=row["attempts"])
        return max(pace, own.failed())
