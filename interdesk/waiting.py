"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable


def holds_within(
    condition: Callable[[], bool], deadline_seconds: float, longest_pause_seconds: float = 0.1
) -> bool:
    """True as soon as the condition holds; False when the time is over and it still does not."""
    ends_at = time.monotonic() + deadline_seconds
    pause = min(0.005, longest_pause_seconds)
    while not condition():
        if time.monotonic() >= ends_at:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, longest_pause_seconds)
    return True


def wait_for(
    condition: Callable[[], bool], what: str, deadline_seconds: float, longest_pause_seconds: float = 0.1
) -> None:
    """Raises TimeoutError with `what` when the condition does not hold in time."""
    if not holds_within(condition, deadline_seconds, longest_pause_seconds):
        raise TimeoutError(f"not so after {deadline_seconds:g} s: {what}")
