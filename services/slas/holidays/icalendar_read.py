"""Holidays out of an iCalendar file (RFC 5545), for some years.

What is taken
    Events (VEVENT) on whole days or at times, once or every year. A time with a zone (TZID) or without one is
    what the wall clock shows there, as all holidays are; one in UTC needs the zone in whose local time it is
    to be a holiday. Events that are cancelled, and those outside the years, are left out.

    Of rules (RRULE) the yearly ones (`icalendar_rules`), without the dates that are taken out (EXDATE).

What is refused
    A file is somebody else's: whatever is wrong is told with its line or event, and nothing of it is taken.
    Sizes are bounded before it is parsed; definitions of zones are not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import YEARLY, rrule

from services.common.errors import Invalid
from services.slas.holidays.found import Found, short
from services.slas.holidays.icalendar_rules import Refused, rule_of
from services.slas.model.calendars import FIRST_YEAR, LAST_YEAR
from services.slas.schemas.calendars import MAX_ICALENDAR

MAX_EVENTS = 500
MAX_DEPTH = 4
MAX_FOUND = 300
MAX_ERRORS = 20
MAX_DAYS = 366
_ZONES = "VTIMEZONE"
_STRUCTURE = re.compile(r"(BEGIN|END):([A-Za-z0-9-]{1,40})\s*", re.IGNORECASE)
_MINUTE = timedelta(minutes=1)


def read_icalendar(text: str, first_year: int, last_year: int, time_zone: str | None = None) -> list[Found]:
    """The holidays of the file from the first day of one year to the last of another, in order, each once.

    `time_zone` is the IANA zone whose wall clock shows what the file has in UTC. Raises Invalid that names
    lines and events.
    """
    calendar = _parsed(text)
    events = calendar.walk("VEVENT")
    if not events:
        raise _invalid(["has no events (VEVENT)"])
    found: set[Found] = set()
    wrong: list[str] = []
    years = (datetime(first_year, 1, 1), datetime(last_year + 1, 1, 1))  # noqa: DTZ001 - the wall clock's
    for number, event in enumerate(events, start=1):
        try:
            found.update(islice(_of_event(event, years, time_zone), MAX_FOUND + 1))
        except Refused as refused:
            wrong.append(f"event {number}{_called(event)}: {refused}")
        if len(found) > MAX_FOUND:
            raise _invalid([f"has more than {MAX_FOUND} holidays in these years; take fewer at a time"])
    if wrong:
        raise _invalid(wrong)
    return sorted(found)


def _parsed(text: str) -> icalendar.Calendar:
    bounded = "\r\n".join(_checked_lines(text))
    try:
        return icalendar.Calendar.from_ical(bounded)
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise _invalid([f"is no iCalendar file: {short(str(error))}"]) from None


def _checked_lines(text: str) -> Iterator[str]:
    """The lines without definitions of zones; what begins must end, and not lie too deep. Raises Invalid."""
    if len(text) > MAX_ICALENDAR:
        raise _invalid([f"must be at most {MAX_ICALENDAR} characters long"])
    open_parts: list[str] = []
    events = parts = 0
    number = 0
    for number, line in _unfolded(text.lstrip("\ufeff")):
        if structure := _STRUCTURE.fullmatch(line):
            verb, name = structure[1].upper(), structure[2].upper()
            if not open_parts and (verb, name, parts) != ("BEGIN", "VCALENDAR", 0):
                raise _invalid([f"line {number}: a file is one VCALENDAR, this is {verb}:{name}"])
            if verb == "END" and open_parts[-1] != name:
                raise _invalid([f"line {number}: END:{name}, while {open_parts[-1]} is not ended"])
            parts += 1
            events += (verb, name) == ("BEGIN", "VEVENT")
            if verb == "BEGIN":
                open_parts.append(name)
            if len(open_parts) > MAX_DEPTH or events > MAX_EVENTS:
                raise _invalid([f"line {number}: more than {MAX_EVENTS} events, or parts in parts too deep"])
            if _ZONES not in open_parts:
                yield line
            if verb == "END":
                open_parts.pop()
        elif not open_parts and line.strip():
            raise _invalid([f"line {number}: an iCalendar file is within BEGIN:VCALENDAR and END:VCALENDAR"])
        elif _ZONES not in open_parts:
            yield line
    if open_parts or not parts:
        missing = open_parts[-1] if open_parts else "VCALENDAR"
        raise _invalid([f"line {number}: the file ends before END:{missing}"])


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """The lines, each with those that go on with it (they begin with a blank), and its number."""
    first, parts = 1, [""]
    for number, line in enumerate(text.splitlines(), start=1):
        if line[:1] in (" ", "\t"):
            parts.append(line[1:])
            continue
        if number > 1:
            yield first, "".join(parts)
        first, parts = number, [line]
    yield first, "".join(parts)


def _of_event(event: Any, years: tuple[datetime, datetime], time_zone: str | None) -> Iterator[Found]:
    """The holidays of an event that last within the years. Raises Refused."""
    for name, problem in event.errors:
        raise Refused(f"{name or 'a line'}: {short(str(problem))}")
    for name in ("RDATE", "EXRULE", "RECURRENCE-ID"):
        if name in event:
            raise Refused(f"{name} is not understood; write each of its days as an event of its own")
    if str(_only(event, "STATUS")).upper() == "CANCELLED":
        return
    name = short(str(_only(event, "SUMMARY") or ""))
    if not name:
        raise Refused("has no SUMMARY, which is the holiday's name")
    start, lasting = _period(event, time_zone)
    left_out = {_shown(each, time_zone) for each in _left_out(event)}
    for each in _starts(event, start, years, lasting):
        if each not in left_out and each < years[1] and each + lasting > years[0]:
            yield Found(each, each + lasting, name)


def _period(event: Any, time_zone: str | None) -> tuple[datetime, timedelta]:
    """When the event starts, in local time and whole minutes, and how long it lasts."""
    given = _value(event, "DTSTART")
    if given is None:
        raise Refused("has no DTSTART")
    start, lasting = _shown(given, time_zone), timedelta(0)
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise Refused(f"DTSTART must be in the years {FIRST_YEAR} to {LAST_YEAR}")
    if "DTEND" in event:
        lasting = _shown(_value(event, "DTEND"), time_zone) - start
    elif "DURATION" in event:
        lasting = _value(event, "DURATION")
        if not isinstance(lasting, timedelta):
            raise Refused("DURATION must be a duration such as PT8H")
    if not lasting and not isinstance(given, datetime):
        lasting = timedelta(days=1)
    if lasting <= timedelta(0):
        raise Refused("ends when or before it starts (DTSTART, DTEND)")
    if lasting > timedelta(days=MAX_DAYS):
        raise Refused(f"lasts longer than {MAX_DAYS} days")
    first = start.replace(second=0, microsecond=0)
    return first, -((first - start - lasting) // _MINUTE) * _MINUTE


def _shown(value: Any, time_zone: str | None) -> datetime:
    """What the wall clock shows. Raises Refused."""
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise Refused("must have a date, or a date and time")
        return datetime.combine(value, time())
    if value.tzinfo is not None and getattr(value.tzinfo, "key", str(value.tzinfo)) == "UTC":
        if time_zone is None:
            raise Refused("has a time in UTC; say in which time_zone it is a holiday")
        try:
            value = value.astimezone(ZoneInfo(time_zone))
        except OverflowError:
            raise Refused("must be a time within the calendar") from None
    return value.replace(tzinfo=None)


def _starts(
    event: Any, start: datetime, years: tuple[datetime, datetime], lasting: timedelta
) -> Iterator[datetime]:
    rule = _only(event, "RRULE")
    if rule is None:
        yield start
        return
    parts = rule_of(rule, start)
    # What is counted is counted from the start; else what lies long before the years need not be looked at.
    shortly_before = start.replace(year=years[0].year - 2, month=1, day=1)
    begin = start if parts["count"] else max(start, shortly_before)
    for each in rrule(YEARLY, dtstart=begin, **parts):
        if each >= years[1]:
            return
        if each + lasting > years[0]:
            yield each


def _only(event: Any, name: str) -> Any:
    """What an event has under a name, once or not at all."""
    value = event.get(name)
    if isinstance(value, list):
        raise Refused(f"{name} is there more than once")
    return value


def _value(event: Any, name: str) -> Any:
    """The date, time or duration that an event has under a name; None when it has none."""
    value = _only(event, name)
    if value is not None and not isinstance(value, icalendar.vDDDTypes | icalendar.vDuration):
        raise Refused(f"{name} must be a date, a time or a duration")
    return None if value is None else value.dt


def _left_out(event: Any) -> Iterator[Any]:
    listed = event.get("EXDATE", [])
    for dates in listed if isinstance(listed, list) else [listed]:
        if not isinstance(dates, icalendar.vDDDLists):
            raise Refused("EXDATE must be dates or times")
        yield from (each.dt for each in dates.dts)


def _called(event: Any) -> str:
    summary = event.get("SUMMARY")
    return f" ({short(str(summary))})" if summary and not isinstance(summary, list) else ""


def _invalid(texts: list[str]) -> Invalid:
    more = [f"and {len(texts) - MAX_ERRORS} more"] if len(texts) > MAX_ERRORS else []
    return Invalid(errors=[("icalendar", text) for text in (*texts[:MAX_ERRORS], *more)])
