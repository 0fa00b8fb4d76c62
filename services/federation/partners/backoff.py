"""How long to wait before trying a partner again. Pure, but for the dice.

The delay doubles with each failure from `min_seconds` to `max_seconds`; of it, half is certain and half is
drawn, so that many who lost the same partner don't come back in step.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Backoff:
    """The back-off towards one partner. `dice` gives numbers from 0 to 1."""

    min_seconds: float
    max_seconds: float
    dice: Callable[[], float] = random.random
    failures: int = 0

    def delay(self) -> float:
        """Seconds to wait now."""
        exponent = min(max(self.failures - 1, 0), 32)
        whole = min(self.max_seconds, self.min_seconds * 2.0**exponent)
        return whole / 2 + whole / 2 * self.dice()

    def failed(self) -> float:
        """One more failure; the seconds to wait after it."""
        self.failures += 1
        return self.delay()

    def clear(self) -> bool:
        """The partner was heard. True when there was something to clear."""
        had_failed = self.failures > 0
        self.failures = 0
        return had_failed
