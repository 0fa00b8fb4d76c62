"""A clock that tests may put forward."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.common.clock import SystemClock


class WalkedClock:
    """The computer's clock, and days beside it."""

    def __init__(self) -> None:
        self._walked = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self._walked

    def walk(self, days: int) -> None:
        self._walked += timedelta(days=days)
