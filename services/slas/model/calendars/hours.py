"""A calendar's hours, holidays and exceptions, as values and as records hold them.

A record holds `calendar_hours` (`[{weekday, time_from, time_until}]`) and `exceptions` (`[{day, hours:
[{time_from, time_until}]}]`), times as `hh:mm`; a holiday `start_at` and `end_at`, as `yyyy-mm-ddThh:mm`:
what the wall clock shows, without a zone. `end_at` is the first minute that is no holiday any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from services.slas.model.rules import RuleBroken

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_SECONDS = 86_400
FIRST_YEAR = 1970
LAST_YEAR = 2199
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the wall clock's
_EPOCH_DAY = _EPOCH.toordinal()
_SECOND = timedelta(seconds=1)

Fields = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Hours:
    """From one second of a local day until another: 0 ≤ start < end ≤ 86,400."""

    start: int
    end: int


@dataclass(frozen=True)
class Calendar:
    """`week`: the hours of each day from Monday on. `holidays`: (start, end) in seconds of the wall clock
    since 1970-01-01T00:00, in order and apart. `exceptions`: hours by day, counted from 1970-01-01 as 0.
    Hours are in order and do not overlap. Raises ValueError."""

    week: tuple[tuple[Hours, ...], ...]
    holidays: tuple[tuple[int, int], ...] = ()
    exceptions: tuple[tuple[int, tuple[Hours, ...]], ...] = ()

    def __post_init__(self) -> None:
        days = [*self.week, *(hours for _, hours in self.exceptions)]
        if len(self.week) != len(WEEKDAYS) or not all(_apart(hours) for hours in days):
            raise ValueError("a calendar has seven days, each with hours in order that do not overlap")
        if any(start >= end for start, end in self.holidays) or any(
            one[1] >= other[0] for one, other in pairwise(self.holidays)
        ):
            raise ValueError("holidays are in order and apart")

    def on(self, day: int) -> Sequence[tuple[int, int]]:
        """The hours of a day, in seconds since its beginning, without what is holiday."""
        if (exception := self._exceptions.get(day)) is not None:
            return [(hours.start, hours.end) for hours in exception]
        hours = [(each.start, each.end) for each in self.week[(day + 3) % 7]]  # 1970-01-01 was a Thursday
        for start, end in self._holidays.get(day, ()):
            hours = [part for each in hours for part in _without(each, start, end)]
        return hours

    @cached_property
    def _hashed(self) -> int:
        return hash((self.week, self.holidays, self.exceptions))

    def __hash__(self) -> int:
        return self._hashed

    def ends_before(self, day: int) -> bool:
        """Whether there are no hours from that day on, by the week or by exceptions."""
        return not any(self.week) and all(each < day for each in self._exceptions)

    @cached_property
    def _exceptions(self) -> Mapping[int, tuple[Hours, ...]]:
        return dict(self.exceptions)

    @cached_property
    def _holidays(self) -> Mapping[int, list[tuple[int, int]]]:
        """What is holiday of each day, in seconds since the day's beginning."""
        parts: dict[int, list[tuple[int, int]]] = {}
        for start, end in self.holidays:
            for day in range(start // DAY_SECONDS, (end - 1) // DAY_SECONDS + 1):
                midnight = day * DAY_SECONDS
                parts.setdefault(day, []).append((max(0, start - midnight), min(DAY_SECONDS, end - midnight)))
        return parts


def calendar_of(record: Fields, holidays: Iterable[Fields] = ()) -> Calendar:
    """The calendar that a record and the records of its holidays (those that are not disabled) tell of."""
    week: list[list[Hours]] = [[] for _ in WEEKDAYS]
    for each in record.get("calendar_hours") or ():
        week[WEEKDAYS.index(each["weekday"])].append(_hours(each))
    exceptions = (
        (day_number(each["day"]), tuple(sorted(_hours(hours) for hours in each["hours"])))
        for each in record.get("exceptions") or ()
    )
    lasting = [holiday_of(each) for each in holidays if not each.get("disabled")]
    return Calendar(tuple(tuple(sorted(day)) for day in week), _merged(lasting), tuple(sorted(exceptions)))


def holiday_of(record: Fields) -> tuple[int, int]:
    """A holiday's start and end, in seconds of the wall clock since 1970-01-01T00:00."""
    start, end = ((local_time(record[name]) - _EPOCH) // _SECOND for name in ("start_at", "end_at"))
    return start, end


def check_calendar(record: Fields) -> None:
    """Raises RuleBroken naming every field when hours are empty, reversed or overlap, or when a day has two
    exceptions."""
    errors: list[tuple[str, str]] = []
    by_day: dict[str, list[tuple[str, Fields]]] = {}
    for number, each in enumerate(record.get("calendar_hours") or ()):
        by_day.setdefault(each["weekday"], []).append((f"calendar_hours.{number}", each))
    seen: dict[str, str] = {}
    for number, exception in enumerate(record.get("exceptions") or ()):
        field = f"exceptions.{number}"
        if exception["day"] in seen:
            errors.append((f"{field}.day", f"has an exception already ({seen[exception['day']]})"))
        seen.setdefault(exception["day"], field)
        by_day[field] = [(f"{field}.hours.{nth}", hours) for nth, hours in enumerate(exception["hours"])]
    for listed in by_day.values():
        errors += _faults(listed)
    if errors:
        raise RuleBroken("validation_failed", errors)


def check_holiday(record: Fields) -> None:
    """Raises RuleBroken for a holiday that ends when or before it starts."""
    if record["end_at"] <= record["start_at"]:
        text = f"must be after start_at ({record['start_at']}): it is the first minute after the holiday"
        raise RuleBroken("validation_failed", [("end_at", text)])


def in_order(hours: Iterable[Fields]) -> list[Fields]:
    """Weekly hours as a week goes."""
    return sorted(hours, key=lambda each: (WEEKDAYS.index(each["weekday"]), each["time_from"]))


def day_number(day: str) -> int:
    """A day (`yyyy-mm-dd`), counted from 1970-01-01 as 0."""
    return date.fromisoformat(day).toordinal() - _EPOCH_DAY


def local_time(text: str) -> datetime:
    """What the wall clock shows, to the minute: `yyyy-mm-ddThh:mm`, or a day for its first minute. Raises
    ValueError with what was expected."""
    try:
        shown = datetime.fromisoformat(text.strip())
    except (ValueError, AttributeError):
        raise ValueError("must be a local time such as 2026-12-25T00:00") from None
    if shown.tzinfo is not None:
        raise ValueError("must be a local time without offset, such as 2026-12-25T00:00: it has no zone")
    if shown.second or shown.microsecond:
        raise ValueError("must be a whole minute, such as 2026-12-25T00:00")
    if not FIRST_YEAR <= shown.year <= LAST_YEAR:
        raise ValueError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    return shown


def local_text(shown: datetime) -> str:
    """As `local_time` takes it."""
    return shown.strftime("%Y-%m-%dT%H:%M")


def _faults(listed: Sequence[tuple[str, Fields]]) -> Iterable[tuple[str, str]]:
    """What is wrong with the hours of one day, each with its field."""
    good = []
    for field, each in listed:
        start, end = each["time_from"], each["time_until"]
        if start < end:
            good.append((start, end, field))
        elif start == end:
            yield f"{field}.time_until", f"must be after time_from ({start}): these hours are empty"
        else:
            after = "midnight at the end of the day is 24:00"
            over = "hours over midnight are two: until 24:00, and from 00:00 of the next day"
            hint = f"; {after if end == '00:00' else over}"
            yield f"{field}.time_until", f"must be after time_from ({start}){hint}"
    good.sort()
    for one, other in pairwise(good):
        if other[0] < one[1]:
            yield f"{other[2]}.time_from", f"overlaps {one[2]} ({one[0]} to {one[1]})"


def _hours(record: Fields) -> Hours:
    return Hours(*(_seconds(record[name]) for name in ("time_from", "time_until")))


def _seconds(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _apart(hours: Sequence[Hours]) -> bool:
    return all(0 <= each.start < each.end <= DAY_SECONDS for each in hours) and all(
        one.end <= other.start for one, other in pairwise(hours)
    )


def _merged(periods: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def _without(hours: tuple[int, int], start: int, end: int) -> Iterable[tuple[int, int]]:
    if hours[0] < min(start, hours[1]):
        yield hours[0], min(start, hours[1])
    if max(end, hours[0]) < hours[1]:
        yield max(end, hours[0]), hours[1]
