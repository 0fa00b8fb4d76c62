"""The arithmetic of working time: add it, measure it, count business days.

A **business day** is a day of the local calendar on which there is working time. The end of the n-th business
day after a moment is a target in business days: the day of the moment itself does not count, whatever the
hour (asked on Friday at 10:00 or on Sunday at 23:00, the next business day is Monday), and the day ends with
its last working second. A moment at which a business day ends belongs to that day, also when it is midnight.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.slas.model.calendars.hours import DAY_SECONDS, FIRST_YEAR, LAST_YEAR, Calendar
from services.slas.model.calendars.offsets import offsets

HORIZON_YEARS = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_TICKS = 1_000_000
_NOTHING = timedelta(0)
_MOST_YEARS = 2 * HORIZON_YEARS

Laid = TypeVar("Laid")


@dataclass(frozen=True)
class _Stretches:
    """The working time of one year of UTC: when each stretch starts, and the working time up to its start
    and its end; in microseconds."""

    starts: array[int]
    before: array[int]
    after: array[int]

    @property
    def total(self) -> int:
        return self.after[-1] if self.after else 0

    def until(self, at: int) -> int:
        """The working time of the year before an instant."""
        here = bisect_right(self.starts, at) - 1
        return 0 if here < 0 else min(self.before[here] + at - self.starts[here], self.after[here])

    def at(self, worked: int) -> int:
        """The first instant before which there was so much working time (more than none)."""
        here = bisect_left(self.after, worked)
        return self.starts[here] + worked - self.before[here]


@dataclass(frozen=True)
class _Days:
    """The business days of one year of the local calendar, and the instants at which they end."""

    days: array[int]
    ends: array[int]


class WorkingTime:
    """A calendar in a time zone. Moments are aware datetimes in the years 1970 to 2199, answers are in UTC.
    What was asked of a year is kept, for 60 years at most."""

    def __init__(self, calendar: Calendar, zone: str) -> None:
        """Raises ZoneInfoNotFoundError."""
        self.calendar = calendar
        self.zone = zone
        self._clock = ZoneInfo(zone)
        self._stretches: dict[int, _Stretches] = {}
        self._days: dict[int, _Days] = {}

    def add(self, moment: datetime, time: timedelta) -> datetime | None:
        """The first moment at which that much working time has passed since `moment` (`moment` itself for
        none). None when there is not so much in the next 30 years.

        Raises ValueError for a moment that is not aware or out of the years, and for less than no time.
        """
        if time < _NOTHING:
            raise ValueError("working time that is added is not less than none")
        at, year = _instant(moment)
        if time == _NOTHING:
            return moment.astimezone(UTC)
        wanted = time // _TICK + self._year(year).until(at)
        for each in self._years(year):
            stretches = self._year(each)
            if wanted <= stretches.total:
                return _moment(stretches.at(wanted))
            wanted -= stretches.total
        return None

    def between(self, since: datetime, until: datetime) -> timedelta:
        """The working time from one moment until another; none when the other is earlier.

        Raises ValueError for a moment that is not aware or out of the years.
        """
        (start, first), (end, last) = _instant(since), _instant(until)
        if end <= start:
            return _NOTHING
        whole = sum(self._year(each).total for each in range(first, last))
        return (whole + self._year(last).until(end) - self._year(first).until(start)) * _TICK

    def add_business_days(self, moment: datetime, days: int) -> datetime | None:
        """The end of that many business days after `moment`. None at all: the end of the business day that
        it is, or of the next one when that is over or none. None (the value) when there are not so many in
        the next 30 years.

        Raises ValueError as `add`.
        """
        if days < 0:
            raise ValueError("business days that are added are not less than none")
        at, _ = _instant(moment)
        today = self._day_of(at)
        year = _local_year(today)
        for each in self._years(year):
            found = self._days_of(each)
            first = bisect_right(found.days, today)
            if days == 0 and first and found.days[first - 1] == today and found.ends[first - 1] > at:
                return _moment(found.ends[first - 1])
            left = len(found.days) - first
            if max(days, 1) <= left:
                return _moment(found.ends[first + max(days, 1) - 1])
            days = max(days, 1) - left
        return None

    def business_days_between(self, since: datetime, until: datetime) -> int:
        """How many business days there are after the day of one moment, up to and with the day of another;
        none when the other is earlier. Raises ValueError as `between`.
        """
        first, last = (self._day_of(_instant(each)[0]) for each in (since, until))
        if last <= first:
            return 0
        count = 0
        for year in range(_local_year(first), _local_year(last) + 1):
            days = self._days_of(year).days
            count += bisect_right(days, last) - bisect_right(days, first)
        return count

    def _years(self, first: int) -> Iterator[int]:
        """The years to look into from one on, while there may be hours."""
        for year in range(first, min(first + HORIZON_YEARS, LAST_YEAR) + 1):
            if self.calendar.ends_before(_first_day(year) - 1):  # its last hours may reach into this year
                return
            yield year

    def _year(self, year: int) -> _Stretches:
        return _kept(self._stretches, year, self._lay_out)

    def _days_of(self, year: int) -> _Days:
        return _kept(self._days, year, self._count_days)

    def _lay_out(self, year: int) -> _Stretches:
        starts, before, after = array("q"), array("q"), array("q")
        worked, last_end = 0, None
        for start, end, _ in self._pieces(year):
            if start == last_end:
                after[-1] += (end - start) * _TICKS
            else:
                starts.append(start * _TICKS)
                before.append(worked)
                after.append(worked + (end - start) * _TICKS)
            worked, last_end = after[-1], end
        return _Stretches(starts, before, after)

    def _count_days(self, year: int) -> _Days:
        first, beyond = _first_day(year), _first_day(year + 1)
        ends: dict[int, int] = {}
        for each in (year - 1, year, year + 1):
            for _, end, day in self._pieces(each):
                if first <= day < beyond:
                    ends[day] = max(end, ends.get(day, end))
        days = sorted(ends)
        return _Days(array("q", days), array("q", (ends[day] * _TICKS for day in days)))

    def _pieces(self, year: int) -> Iterator[tuple[int, int, int]]:
        """The working time of a year of UTC in its order: (start, end) in seconds, and the local day."""
        for start, end, ahead in offsets(self.zone, year):
            shown, shown_last = start + ahead, end + ahead - 1
            for day in range(shown // DAY_SECONDS, shown_last // DAY_SECONDS + 1):
                midnight = day * DAY_SECONDS - ahead
                for opens, closes in self.calendar.on(day):
                    opened, closed = max(midnight + opens, start), min(midnight + closes, end)
                    if opened < closed:
                        yield opened, closed, day

    def _day_of(self, at: int) -> int:
        """The local day of an instant, counted from 1970-01-01 as 0."""
        day, just_before = self._local_day(at), self._local_day(at - 1)
        if day != just_before:
            found = self._days_of(_local_year(just_before))
            here = bisect_left(found.days, just_before)
            if here < len(found.days) and (found.days[here], found.ends[here]) == (just_before, at):
                return just_before
        return day

    def _local_day(self, at: int) -> int:
        return _moment(at).astimezone(self._clock).toordinal() - _EPOCH.toordinal()


@lru_cache(maxsize=256)
def working_time(calendar: Calendar, zone: str) -> WorkingTime:
    """The one that is kept for a calendar in a zone. Raises ZoneInfoNotFoundError."""
    return WorkingTime(calendar, zone)


def _kept(years: dict[int, Laid], year: int, lay_out: Callable[[int], Laid]) -> Laid:
    """What is laid out of a year, once; the year that was laid out first makes room."""
    found = years.get(year)
    if found is None:
        found = lay_out(year)
        while len(years) >= _MOST_YEARS:
            years.pop(next(iter(years)), None)
        years[year] = found
    return found


def _instant(moment: datetime) -> tuple[int, int]:
    """Microseconds since 1970, and the year of UTC."""
    if moment.tzinfo is None:
        raise ValueError("a moment is aware: it says its offset from UTC")
    instant = moment.astimezone(UTC)
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise ValueError(f"a moment is in the years {FIRST_YEAR} to {LAST_YEAR}")
    return (instant - _EPOCH) // _TICK, instant.year


def _moment(at: int) -> datetime:
    return _EPOCH + at * _TICK


def _first_day(year: int) -> int:
    return datetime(year, 1, 1, tzinfo=UTC).toordinal() - _EPOCH.toordinal()


def _local_year(day: int) -> int:
    return datetime.fromordinal(day + _EPOCH.toordinal()).year
