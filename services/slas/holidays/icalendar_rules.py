"""The rules (RRULE) by which an event of an iCalendar file comes every year.

Understood are yearly rules by days of months (`BYMONTH`, `BYMONTHDAY`) and by weekdays (`BYDAY`), for a
number of times or until a day. That is what yearly holidays are written with, and each such rule hits a day
within forty years, so none runs for long. Others are refused by name.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

import icalendar
from dateutil.rrule import weekday

from services.slas.holidays.found import short
from services.slas.model.calendars import WEEKDAYS

_RULE_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYMONTH", "BYMONTHDAY", "BYDAY", "WKST"})
_NTH_WEEKDAY = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Refused(Exception):
    """What is wrong with one event, for people."""


def rule_of(rule: Any, start: datetime) -> dict[str, Any]:
    """What dateutil takes. Raises Refused for a rule that is not understood, or hits no day."""
    if not isinstance(rule, icalendar.vRecur):
        raise Refused("RRULE is no rule")
    given = {name.upper(): list(values) for name, values in rule.items()}
    beyond = sorted(given.keys() - _RULE_PARTS)
    if [str(each) for each in given.get("FREQ", ())] != ["YEARLY"]:
        raise Refused("RRULE: only FREQ=YEARLY is understood")
    if beyond or given.get("INTERVAL", [1]) != [1]:
        told = ", ".join(beyond) or "INTERVAL"
        raise Refused(f"RRULE: {told} is not understood; yearly rules have BYMONTH, BYMONTHDAY and BYDAY")
    if {"COUNT", "UNTIL"} <= given.keys():
        raise Refused("RRULE: COUNT and UNTIL do not go together")
    if any(getattr(each, "leap", False) for each in given.get("BYMONTH", ())):
        raise Refused("RRULE: BYMONTH has a leap month, which these years do not have")
    months = [int(each) for each in given.get("BYMONTH", ())]
    days = [int(each) for each in given.get("BYMONTHDAY", ())]
    weekdays = [_weekday(str(each)) for each in given.get("BYDAY", ())]
    if weekdays and days and any(each.n for each in weekdays):
        raise Refused(
            "RRULE: the n-th weekday (BYDAY) and a day of the month (BYMONTHDAY) do not go together"
        )
    if any(each.n for each in weekdays) and not months:
        raise Refused("RRULE: the n-th weekday (BYDAY) is of a month: it needs BYMONTH")
    asked_months = months or ([] if days or weekdays else [start.month])
    asked_days = days or ([] if weekdays else [start.day])
    if any(not 1 <= each <= 12 for each in asked_months) or any(
        not 1 <= abs(each) <= 31 for each in asked_days
    ):
        raise Refused("RRULE: BYMONTH is 1 to 12, BYMONTHDAY 1 to 31 or -31 to -1")
    longest = max(_DAYS_IN_MONTH[month - 1] for month in asked_months or range(1, 13))
    if asked_days and all(abs(each) > longest for each in asked_days):
        raise Refused("RRULE: there is no such day in these months")
    return {
        "count": _number(given, "COUNT"),
        "until": _until(given),
        "bymonth": asked_months or None,
        "bymonthday": asked_days or None,
        "byweekday": weekdays or None,
    }


def _weekday(text: str) -> weekday:
    written = _NTH_WEEKDAY.fullmatch(text.upper())
    if written is None:
        raise Refused(f"RRULE: BYDAY {short(text)!r} is no weekday such as MO, 1MO or -1MO")
    day = next(number for number, name in enumerate(WEEKDAYS) if name[:2].upper() == written[2])
    return weekday(day, int(written[1]) if written[1] else None)


def _number(given: dict[str, list[Any]], name: str) -> int | None:
    values = given.get(name)
    if values is None:
        return None
    if len(values) != 1 or not 1 <= int(values[0]) <= 1000:
        raise Refused(f"RRULE: {name} is one number from 1 to 1000")
    return int(values[0])


def _until(given: dict[str, list[Any]]) -> datetime | None:
    values = given.get("UNTIL")
    if values is None:
        return None
    day = values[0].date() if isinstance(values[0], datetime) else values[0]
    if len(values) != 1 or not isinstance(day, date):
        raise Refused("RRULE: UNTIL is one date")
    return datetime.combine(day, time(23, 59, 59))
