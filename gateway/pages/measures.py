"""Figures in words: what a measure tells, in which unit, and what a report is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from gateway.pages.wording import NOTHING, duration, moment, worded


class Unit(StrEnum):
    """What a figure is in."""

    NUMBER = "number"
    PERCENT = "percent"
    MINUTES = "minutes"


SUBJECTS: Final[Mapping[str, str]] = {
    "requests": "Requests",
    "affected_slas": "Affected SLAs",
    "periods": "Periods",
    "notes": "Notes",
}
_TITLES: Final[Mapping[str, str]] = {
    "open": "Open",
    "returned": "Returned",
    "ping_pong": "Ping-pong",
    "reopened": "Reopened",
    "reopen_rate": "Reopened",
    "response_met": "Response in time",
    "resolution_met": "Resolution in time",
    "handovers": "Hand-overs",
    "holding": "Held for",
    "holding_share": "Share of the time",
    "holding_median": "Held for, median",
    "holding_90th_percentile": "Held for, 90th percentile",
}
_PERCENT: Final = frozenset({"reopen_rate", "response_met", "resolution_met", "holding_share"})
_TIMES: Final = ("holding", "response", "resolution")
_TITLE_OF_FIELD: Final[Mapping[str, str]] = {
    "sla": "SLA",
    "minutes": "Time",
    "response_minutes": "Response",
    "resolution_minutes": "Resolution",
    "response_met": "Response in time",
    "resolution_met": "Resolution in time",
    "reopen_count": "Reopened",
    "ping_pong": "Ping-pong",
    "passed": "Handed over",
    "service_instance": "Service",
    "reach": "Went as far as",
    "holder": "Account that has it",
    "customer": "Handed over by",
}
_MOMENTS: Final[Mapping[str, str]] = {
    "created_at": "created",
    "completed_at": "completed",
    "started_at": "begun",
    "responded_at": "responded to",
    "resolved_at": "resolved",
    "ended_at": "ended",
}
_WHETHER: Final = frozenset({"response_met", "resolution_met", "returned", "ping_pong", "passed"})
_WORDS: Final[Mapping[str, str]] = {
    "first_team": "Its first team",
    "account": "Another team of the account",
    "other_account": "Another account",
}


def unit_of(measure: str) -> Unit:
    if measure in _PERCENT:
        return Unit.PERCENT
    return Unit.MINUTES if measure.startswith(_TIMES) else Unit.NUMBER


def title_of(measure: str, subject: str) -> str:
    """A measure as a heading: "Resolution, median"."""
    if measure == "count":
        return SUBJECTS[subject]
    name, _, of = measure.partition("_")
    return _TITLES.get(measure) or f"{name.capitalize()}, {of.replace('_', ' ')}"


def unit_in_words(measure: str, subject: str) -> str:
    """What stands beside the heading."""
    unit = unit_of(measure)
    if unit is Unit.MINUTES:
        return "time within support hours" if subject == "affected_slas" else "time"
    return "%" if unit is Unit.PERCENT else "number"


def field_title(name: str) -> str:
    """A field that a report is grouped by, or that a record has, as a heading."""
    return _TITLE_OF_FIELD.get(name) or worded(name.removesuffix("_at"))


def counted_at(subject: str, moment: str | None, told: Sequence[str] = ()) -> str:
    """Which of the records are of a day: "requests completed". `told`: what the report measures."""
    if list(told) == ["open"]:
        return "requests open at the end"
    usual = {"periods": "ended_at", "affected_slas": "started_at"}
    words = _MOMENTS[moment or usual.get(subject, "created_at")]
    return f"{SUBJECTS[subject] if subject == 'affected_slas' else SUBJECTS[subject].lower()} {words}"


def figure(value: float | None, measure: str) -> str:
    """A figure with its unit: "1,024", "93.5 %", "2 h 5 min"; nothing was measured: "–"."""
    if value is None:
        return NOTHING
    unit = unit_of(measure)
    if unit is Unit.MINUTES:
        return duration(round(value))
    if unit is Unit.PERCENT:
        return f"{value:.1f} %".replace(".0 %", " %")
    return f"{value:,.0f}"


def member_of_group(name: str, value: Any) -> str:
    """One of the values that a report is grouped by."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("subject") or value["id"])
    if name in ("account", "holder", "customer"):
        return str(value)
    return (_WORDS.get(str(value)) if name == "reach" else None) or worded(value)


def group_in_words(group: Mapping[str, Any]) -> str:
    """What a figure is of: "Service Desk · Assigned"; of everything: "All"."""
    return " · ".join(member_of_group(name, value) for name, value in group.items()) or "All"


def day(text: str) -> str:
    """A day as the API says it: "2026-01-05" is "5 Jan 2026"."""
    at = date.fromisoformat(text)
    return f"{at.day} {at:%b %Y}"


def of_record(value: Any, name: str, zone: ZoneInfo) -> Markup | str:
    """A field of a record that a figure counts."""
    if name.endswith("minutes") and value is not None:
        return duration(value)
    if name in _WHETHER and value is not None:
        return "yes" if value else "no"
    if value is None:
        return NOTHING
    if name.endswith("_at"):
        return moment(value, zone)
    if isinstance(value, int):
        return str(value)
    return member_of_group(name, value)


def days(first: str, last: str) -> str:
    """Days from the first to the last, both included."""
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def bucket_in_words(figures: Mapping[str, Any], bucket: str | None) -> str:
    """The days of a bucket, as they were asked for."""
    if bucket == "month" and figures["from"][:7] == figures["until"][:7]:
        at = date.fromisoformat(figures["from"])
        whole = figures["from"] == figures["bucket"] and _ends_a_month(figures["until"])
        return f"{at:%b %Y}" if whole else days(figures["from"], figures["until"])
    return days(figures["from"], figures["until"])


def charted(measures: Sequence[str]) -> list[str]:
    """Which measures a chart shows: those that can stand on one scale. A time or a percentage says more than
    how many there are; a sum of times stands alone, beside it a median would not be seen."""
    first = next((each for each in measures if unit_of(each) is not Unit.NUMBER), measures[0])
    if first == "holding":
        return [first]
    alike = [each for each in measures if unit_of(each) is unit_of(first) and each != "holding"]
    return [first] if first == "open" else [each for each in alike if each != "open"]


def _ends_a_month(text: str) -> bool:
    at = date.fromisoformat(text)
    return (date.fromordinal(at.toordinal() + 1)).month != at.month
