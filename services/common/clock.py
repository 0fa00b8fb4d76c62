"""The clock, as an argument. Times are aware, UTC, in whole milliseconds: what the database keeps."""

from __future__ import annotations

import contextlib
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_DIGITS = 13  # of the milliseconds that a clock may be ahead: three hundred years


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


class MovedClock:
    """The computer's clock, ahead of it by what a file says: whole milliseconds, as text. Only for replays.

    Every process that reads the file goes by the same time. It goes on as real time does, so all that waits
    a moment still waits that long; and it is moved forward only: a file that says less than it did is not
    followed. To ask for the time looks at the file's entry, and reads it when it was written anew.
    """

    def __init__(self, path: Path) -> None:
        """Raises OSError, ValueError when the file holds something else."""
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._ahead = _read_ahead(path)

    def now(self) -> datetime:
        return from_milliseconds(self._real() + self._look())

    def move_to(self, at: datetime) -> None:
        """Moves every clock that reads the file to `at`; nothing when it is past already. Raises OSError."""
        ahead = round(at.timestamp() * 1000) - self._real()
        if ahead > self._look():
            write_ahead(self._path, ahead)

    def _look(self) -> int:
        with contextlib.suppress(OSError, ValueError):  # then it goes on as far ahead as it was
            entry = os.stat(self._path)
            seen = (entry.st_ino, entry.st_mtime_ns)
            if seen != self._seen:
                self._ahead = max(self._ahead, _read_ahead(self._path))
                self._seen = seen
        return self._ahead

    @staticmethod
    def _real() -> int:
        return time.time_ns() // 1_000_000


def clock_of(path: Path | None) -> Clock:
    """The clock of a deployment: the computer's, unless a file moves it (`INTERDESK_CLOCK_FILE`). Raises
    OSError, ValueError.
    """
    return SystemClock() if path is None else MovedClock(path)


def write_ahead(path: Path, ahead: int) -> None:
    """The file of a `MovedClock`: a reader sees the old or the new one, never half. Raises OSError."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(f"{ahead}\n", encoding="ascii")
    fresh.replace(path)


def _read_ahead(path: Path) -> int:
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        raise ValueError(f"must hold a whole number of milliseconds, and {path} holds {text[:30]!r}")
    return int(text)


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
