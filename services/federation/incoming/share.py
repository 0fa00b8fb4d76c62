"""What one partner may take of a service: so many messages a second. Pure.

A partner that was silent has saved up to two seconds' worth, so a burst of work passes at once and only what
goes on for long is slowed. The share is counted before anything is looked at, so what can't be believed costs
its sender as much as what can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

SAVED_SECONDS: Final = 2.0


class Share:
    """One partner's share. `monotonic`: a clock in seconds."""

    def __init__(self, per_second: float, monotonic: Callable[[], float]) -> None:
        self._per_second = per_second
        self._monotonic = monotonic
        self._saved = per_second * SAVED_SECONDS
        self._counted_at = monotonic()

    def take(self) -> float:
        """Takes one message; gives the seconds to wait before it is handled."""
        now = self._monotonic()
        grown = self._saved + (now - self._counted_at) * self._per_second
        self._saved = min(self._per_second * SAVED_SECONDS, grown) - 1
        self._counted_at = now
        return max(0.0, -self._saved / self._per_second)
