"""The clock, as an argument. Times are aware, UTC, in whole milliseconds: what the database keeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Now: aware, UTC, whole milliseconds."""
        ...


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        return from_milliseconds(time.time_ns() // 1_000_000)


class SteppedClock:
    """A clock that stands still until it is stepped; for tests and replays."""

    def __init__(self, start: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)) -> None:
        self._now = milliseconds(start)

    def now(self) -> datetime:
        return self._now

    def step(self, seconds: float = 0, **more: float) -> datetime:
        """Go on by `seconds` (and `minutes=`, `hours=`, `days=` …) and give the new time."""
        self._now = milliseconds(self._now + timedelta(seconds=seconds, **more))
        return self._now

    def set(self, at: datetime) -> None:
        self._now = milliseconds(at)


def milliseconds(at: datetime) -> datetime:
    """`at` in UTC, cut to whole milliseconds. A naive time is a `ValueError`: nobody knows what it means."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def from_milliseconds(since_epoch: int) -> datetime:
    return datetime.fromtimestamp(since_epoch // 1000, UTC).replace(microsecond=since_epoch % 1000 * 1000)


def iso(at: datetime) -> str:
    """`2026-01-05T09:00:00.000Z`."""
    return milliseconds(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_iso(text: str) -> datetime:
    """The time that an ISO-8601 text with a zone names; `ValueError` when it is none."""
    return milliseconds(datetime.fromisoformat(text))
