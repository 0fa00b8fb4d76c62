"""Two accounts' clocks: they may be ten minutes apart, and nothing notices.

Nothing is computed with a partner's times (a message's place is its sequence, not its hour), so a wrong clock
stops no message. Two things are looked at. An invitation is read with ten minutes' grace: the inviter's own
clock has the last word when it is accepted. And a message that its sender wrote more than ten minutes from
now, by our clock, shows that one of the two clocks is wrong: that is noted on the border (`clock_ahead`), for
people. Of the two accounts the one whose clock is behind is the one that sees it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

SKEW: Final = timedelta(minutes=10)
CLOCK_AHEAD: Final = "clock_ahead"


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether a partner's time lies further in our future than clocks may be apart."""
    return at - now > SKEW


def is_past(at: datetime, now: datetime) -> bool:
    """Whether a time that a partner has set is over, whichever of the two clocks is right."""
    return now - at >= SKEW
