"""Clocks to try the rules with: office hours in Amsterdam, and around the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from services.slas.model.calendars import Calendar, Hours
from services.slas.model.clocks import REASONS, Allowed, Clock, Terms

ZONE = "Europe/Amsterdam"
OFFICE = Calendar(((Hours(9 * 3600, 17 * 3600),),) * 5 + ((),) * 2)
AROUND_THE_CLOCK = Calendar(((Hours(0, 86_400),),) * 7)
# A week with a change to summer time in it.
MONDAY = datetime(2026, 3, 23, 9, tzinfo=ZoneInfo(ZONE))


def at(text: str) -> datetime:
    """`23 09:30`: that day of March 2026, and the time that the wall clock shows."""
    day, time = text.split()
    hour, minute = time.split(":")
    local = MONDAY.replace(day=int(day), hour=int(hour), minute=int(minute))
    return local.astimezone(UTC)


def terms(hours: Calendar = OFFICE, response: int | None = 60, resolution: int | None = 480) -> Terms:
    return Terms(
        hours,
        ZONE,
        None if response is None else Allowed(response),
        None if resolution is None else Allowed(resolution),
    )


def clock(started: str = "23 09:00", of: Terms | None = None) -> Clock:
    return Clock(at(started), of or terms())


def minutes(most: int = 20 * 24 * 60) -> st.SearchStrategy[int]:
    return st.integers(0, most)


calendars = st.sampled_from([OFFICE, AROUND_THE_CLOCK])
any_terms = st.builds(
    terms, calendars, st.none() | st.integers(0, 3_000), st.none() | st.integers(0, 6_000)
) | st.builds(
    lambda hours, days: Terms(hours, ZONE, None, Allowed(days, "business_days")),
    calendars,
    st.integers(0, 10),
)
# What may happen to a clock, each so many minutes after it started.
happenings = st.lists(
    st.tuples(minutes(), st.sampled_from(["stopped", "restarted"]), st.sampled_from(REASONS)), max_size=20
).map(sorted)
