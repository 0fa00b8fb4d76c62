"""Rate limits per token: so many calls in an hour, and a burst of so many in two seconds.

The hour is a window that opens with the first call; the burst counts any two seconds. Counts are kept in
the process: with several gateways, each lets that many through.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
BURST = timedelta(seconds=2)
_FORGET_AT = 10_000  # tokens; more are looked through for windows that have ended


@dataclass(frozen=True)
class Allowance:
    """Where a token stands. `retry_after` (whole seconds) is set when the call is one too many."""

    limit: int
    remaining: int
    resets_at: datetime
    retry_after: int | None = None


@dataclass
class _Window:
    ends_at: datetime
    used: int = 0
    recent: deque[datetime] = field(default_factory=deque)


class RateLimits:
    def __init__(self, per_hour: int, burst: int) -> None:
        self.per_hour = per_hour
        self.burst = burst
        self._windows: dict[str, _Window] = {}

    def count(self, token: str, now: datetime) -> Allowance:
        """Counts one call of a token. A call that is refused counts for nothing."""
        window = self._window(token, now)
        while window.recent and window.recent[0] <= now - BURST:
            window.recent.popleft()
        if window.used >= self.per_hour:
            return self._allowance(window, window.ends_at - now)
        if len(window.recent) >= self.burst:
            return self._allowance(window, window.recent[0] + BURST - now)
        window.used += 1
        window.recent.append(now)
        return self._allowance(window)

    def look(self, token: str, now: datetime) -> Allowance:
        """Where a token stands, without counting."""
        return self._allowance(self._window(token, now))

    def _window(self, token: str, now: datetime) -> _Window:
        window = self._windows.get(token)
        if window is None or window.ends_at <= now:
            if len(self._windows) >= _FORGET_AT:
                self._windows = {key: each for key, each in self._windows.items() if each.ends_at > now}
            window = self._windows[token] = _Window(now + HOUR)
        return window

    def _allowance(self, window: _Window, wait: timedelta | None = None) -> Allowance:
        retry_after = None if wait is None else max(1, -int(-wait.total_seconds() // 1))
        return Allowance(self.per_hour, self.per_hour - window.used, window.ends_at, retry_after)
