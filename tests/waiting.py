"""Tests wait for conditions, never for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T | None], deadline_seconds: float = 60, pause_seconds: float = 0.02
) -> T:
    """Gives the condition's first true value. Fails, with its last value, when the time is over."""
    ends_at = time.monotonic() + deadline_seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= ends_at:
            name = getattr(condition, "__qualname__", repr(condition))
            raise AssertionError(f"not so after {deadline_seconds:g} s: {name}; the last value was {value!r}")
        time.sleep(pause_seconds)
