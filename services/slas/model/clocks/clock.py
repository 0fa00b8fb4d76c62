"""The clock of an affected SLA: what it has counted, and when it falls due.

    runs ──stopped──> stands ──restarted──> runs … ──ended──> over ──reopened──> runs …

What it promises
    Time is working time: within the support hours that the terms name, in their zone. The clock runs from
    `started_at` until it is ended, but for its stops.

    Stops are kept as periods, never as a sum. So when the terms change, because the impact did, all is
    counted anew as if they had held from the beginning: a night is nothing within office hours, and a night
    around the clock.

    A target is the first moment at which the clock has counted what the terms allow. What was passed before
    a stop stays passed; what was not has no moment while the clock stands.

    A target in business days allows the working time from the start until the end of the last of them.

A clock stands for reasons, and runs again when the last of them is gone. What one of them does twice, or
undoes without having done it, changes nothing, and neither does what takes no time. Source: 4me-facts,
section 4 (SLA clock).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from services.slas.model.calendars import Calendar, WorkingTime, working_time

# Why a clock stands. A hand-over to a provider below stops the clock of the provider above.
WAITING_FOR_CUSTOMER: Final = "waiting_for_customer"
NOT_ACCOUNTABLE: Final = "provider_not_accountable"
HANDED_OVER: Final = "handed_over"
REASONS: Final = (WAITING_FOR_CUSTOMER, NOT_ACCOUNTABLE, HANDED_OVER)

RESPONSE: Final = "response"
RESOLUTION: Final = "resolution"
Goal = Literal["response", "resolution"]

NOTHING: Final = timedelta(0)


@dataclass(frozen=True)
class Allowed:
    """What an offering allows: minutes of working time, or business days."""

    count: int
    unit: Literal["minutes", "business_days"] = "minutes"


@dataclass(frozen=True)
class Terms:
    """What holds for one impact, as it was when the impact was assigned. No target: best effort."""

    support_hours: Calendar
    time_zone: str
    response: Allowed | None = None
    resolution: Allowed | None = None

    @property
    def hours(self) -> WorkingTime:
        return working_time(self.support_hours, self.time_zone)

    def allowed(self, goal: Goal, started_at: datetime) -> timedelta | None:
        """The working time until the target; None when there is no target, or none within the years."""
        target = self.response if goal == RESPONSE else self.resolution
        if target is None:
            return None
        if target.unit == "minutes":
            return timedelta(minutes=target.count)
        ends_at = self.hours.add_business_days(started_at, target.count)
        return None if ends_at is None else self.hours.between(started_at, ends_at)


@dataclass(frozen=True)
class Stop:
    """A period in which the clock stands; `until` is None while it does."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Clock:
    """A value: every step gives a new one. Moments are aware datetimes."""

    started_at: datetime
    terms: Terms
    stops: tuple[Stop, ...] = ()
    reasons: frozenset[str] = frozenset()
    responded_at: datetime | None = None
    ended_at: datetime | None = None

    # What happens to it

    def stopped(self, reason: str, at: datetime) -> Clock:
        """The clock as it stands for this reason, too. What is said to be earlier than the last step is of
        that time.
        """
        reasons = self.reasons | {reason}
        if self.reasons or self.ended_at is not None:
            return replace(self, reasons=reasons)
        return replace(self, reasons=reasons, stops=self._opened(max(at, self._last())))

    def restarted(self, reason: str, at: datetime) -> Clock:
        """The clock without this reason to stand."""
        reasons = self.reasons - {reason}
        if reasons or not self.reasons or self.ended_at is not None:
            return replace(self, reasons=reasons)
        return replace(self, reasons=reasons, stops=self._closed(at))

    def responded(self, at: datetime) -> Clock:
        """The first response counts."""
        return self if self.responded_at is not None else replace(self, responded_at=at)

    def ended(self, at: datetime) -> Clock:
        """The request is completed, or nobody is accountable any more; a response at the latest."""
        if self.ended_at is not None:
            return self
        at = max(at, self._last())
        return replace(self, stops=self._closed(at), ended_at=at).responded(at)

    def reopened(self, at: datetime) -> Clock:
        """The completion was none: from it until now the clock stood. The response remains."""
        if self.ended_at is None:
            return self
        since = replace(self, ended_at=None, stops=self._opened(self.ended_at))
        return since if self.reasons else replace(since, stops=since._closed(at))

    def under(self, terms: Terms) -> Clock:
        """The impact changed: all is counted anew."""
        return replace(self, terms=terms)

    def run_on(self, at: datetime) -> Clock:
        """The clock as it was at a moment, and as if it had run on from there."""
        past = [stop for stop in self.stops if stop.since < at]
        stops = tuple(Stop(stop.since, min(stop.until or at, at)) for stop in past)
        return replace(self, stops=stops, reasons=frozenset(), ended_at=None)

    # What it shows

    @property
    def stands(self) -> bool:
        return self.ended_at is None and bool(self.reasons)

    def counted(self, at: datetime) -> timedelta:
        """The working time until `at`, without the stops."""
        between = self.terms.hours.between
        runs = ((since, at if until is None else min(until, at)) for since, until in self._runs())
        return sum((between(since, until) for since, until in runs), NOTHING)

    def stood(self, at: datetime) -> timedelta:
        """The working time of the stops until `at`."""
        between = self.terms.hours.between
        return sum((between(stop.since, min(stop.until or at, at)) for stop in self.stops), NOTHING)

    def target_at(self, goal: Goal, percent: int = 100) -> datetime | None:
        """When so much of what is allowed is counted. None when there is no such moment (yet)."""
        allowed = self.terms.allowed(goal, self.started_at)
        return None if allowed is None else self._reaches(allowed * percent // 100)

    def duration(self, goal: Goal) -> timedelta | None:
        """What was counted until the response or the resolution; None before."""
        at = self.responded_at if goal == RESPONSE else self.ended_at
        return None if at is None else self.counted(at)

    def _reaches(self, wanted: timedelta) -> datetime | None:
        """The first moment at which so much is counted."""
        hours = self.terms.hours
        for since, until in self._runs():
            if until is None:
                return hours.add(since, wanted)
            here = hours.between(since, until)
            if wanted <= here:
                return hours.add(since, wanted)
            wanted -= here
        return None

    def _runs(self) -> Iterator[tuple[datetime, datetime | None]]:
        """The periods in which it runs, in their order; the last one without end as long as it runs."""
        since: datetime | None = self.started_at
        for stop in self.stops:
            assert since is not None, "only the last stop is open"
            yield since, stop.since
            since = stop.until
        if since is not None:
            yield since, self.ended_at

    def _opened(self, at: datetime) -> tuple[Stop, ...]:
        """The stops with one that goes on from `at`; if it did not run before, the last one goes on."""
        if self.stops and self.stops[-1].until == at:
            return (*self.stops[:-1], Stop(self.stops[-1].since))
        return (*self.stops, Stop(at))

    def _closed(self, at: datetime) -> tuple[Stop, ...]:
        """The stops, when none goes on after `at`."""
        if not self.stops or self.stops[-1].until is not None:
            return self.stops
        *before, last = self.stops
        until = max(at, last.since)
        return tuple(before) if until == last.since else (*before, Stop(last.since, until))

    def _last(self) -> datetime:
        """When it last changed between running and standing."""
        if not self.stops:
            return self.started_at
        last = self.stops[-1]
        return last.until or last.since
