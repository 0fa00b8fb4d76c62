"""Sessions of people who signed in with a password, and how often one may try to.

A session's id is 256 random bits in a cookie; kept is its SHA-256, as of a token (`model.tokens`). It ends an
hour after it was last used and twelve hours after it began, whatever comes first (within what NIST SP 800-63B
asks of its second level), when its owner signs out, and when his password changes: it names the `number` of
the password that it was opened with.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

IDLE: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
MOST_OPEN: Final = 20
"""How many sessions of a person are kept: those that were opened last."""
TOUCHED_EVERY: Final = timedelta(minutes=1)
"""That a session was used is noted as often as this, not with every page."""

WINDOW: Final = timedelta(minutes=15)
MOST_TRIES: Final[Mapping[str, int]] = {"person": 10, "address": 100}
"""How many tries may fail in a window: with one e-mail address, and from one network address, which an office
may share."""


def is_open(session: Mapping[str, Any], number: int, now: datetime) -> bool:
    """Whether a session is good. `number`: of its owner's password as it is now."""
    used: datetime = session["seen_at"]
    begun: datetime = session["created_at"]
    return bool(session["number"] == number) and now < used + IDLE and now < begun + LONGEST


def is_due(session: Mapping[str, Any], now: datetime) -> bool:
    """Whether it is to be noted that the session was used."""
    noted: datetime = session["seen_at"]
    return now >= noted + TOUCHED_EVERY


def minutes_left(ends_at: datetime, now: datetime) -> int:
    """Whole minutes until a window ends, rounded up; one at least."""
    return max(1, -int(-(ends_at - now).total_seconds() // 60))
