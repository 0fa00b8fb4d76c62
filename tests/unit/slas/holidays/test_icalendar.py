"""Holidays out of iCalendar files and into them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.errors import Invalid
from services.slas.holidays.found import Found
from services.slas.holidays.icalendar_read import MAX_EVENTS, MAX_FOUND, read_icalendar
from services.slas.holidays.icalendar_written import written_icalendar
from services.slas.schemas.calendars import MAX_ICALENDAR

DAY = timedelta(days=1)
local = datetime.fromisoformat
SOME_DAY = ("SUMMARY:Day", "DTSTART;VALUE=DATE:20261224")


def file(*events: tuple[str, ...]) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def found(*event: str, years: tuple[int, int] = (2026, 2030), zone: str | None = None) -> list[Found]:
    return read_icalendar(file(event), *years, zone)


def days(*event: str) -> list[str]:
    holidays = found(*event)
    assert all(each.end_at - each.start_at == DAY for each in holidays)
    return [f"{each.start_at:%Y-%m-%d}" for each in holidays]


def refused(text: str) -> list[str]:
    with pytest.raises(Invalid) as caught:
        read_icalendar(text, 2026, 2030)
    assert {field for field, _ in caught.value.errors} == {"icalendar"}
    return [text for _, text in caught.value.errors]


def test_a_day_without_an_end_is_a_day() -> None:
    assert days(*SOME_DAY) == ["2026-12-24"]
    assert days(*SOME_DAY, "DTEND;VALUE=DATE:20261225") == ["2026-12-24"]


def test_several_days_and_escaped_names_over_folded_lines() -> None:
    (holiday,) = found(
        "SUMMARY:Christmas\\, and\r\n  more", "DTSTART;VALUE=DATE:20261225", "DTEND;VALUE=DATE:20261227"
    )
    assert holiday == Found(local("2026-12-25"), local("2026-12-27"), "Christmas, and more")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=YEARLY", ["2026-12-24", "2027-12-24", "2028-12-24", "2029-12-24", "2030-12-24"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-24", "2027-12-24"]),
        ("FREQ=YEARLY;UNTIL=20281224", ["2026-12-24", "2027-12-24", "2028-12-24"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29"]),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH;COUNT=2", ["2027-11-25", "2028-11-23"]),
        ("FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;UNTIL=20281231T235959Z", ["2027-05-31", "2028-05-29"]),
        ("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=18,19,20,21,22,23,24;BYDAY=MO;COUNT=1", ["2027-05-24"]),
    ],
)
def test_what_comes_every_year(rule: str, expected: list[str]) -> None:
    assert days(*SOME_DAY, f"RRULE:{rule}") == expected


def test_an_old_rule_still_holds_and_what_is_taken_out_does_not() -> None:
    kings_day = ("SUMMARY:Day", "DTSTART;VALUE=DATE:19700427", "RRULE:FREQ=YEARLY")
    taken_out = "EXDATE;VALUE=DATE:20260427,20290427"
    assert days(*kings_day, taken_out) == ["2027-04-27", "2028-04-27", "2030-04-27"]


def test_a_time_with_a_zone_or_without_one_is_what_the_clock_shows_there() -> None:
    expected = [Found(local("2026-12-24T12:00"), local("2026-12-24T18:00"), "Day")]
    for parameters in ("", ";TZID=America/New_York", ";TZID=Middle/Earth"):
        assert found("SUMMARY:Day", f"DTSTART{parameters}:20261224T120000", "DURATION:PT6H") == expected


def test_a_time_in_utc_needs_the_zone_in_which_it_is_a_holiday() -> None:
    event = ("SUMMARY:Day", "DTSTART:20261223T183000Z", "DTEND:20261224T183000Z")
    assert "time_zone" in refused(file(event))[0]
    (holiday,) = found(*event, zone="Asia/Kolkata")
    assert (holiday.start_at, holiday.end_at) == (local("2026-12-24"), local("2026-12-25"))


def test_parts_of_minutes_are_holiday_too() -> None:
    (holiday,) = found("SUMMARY:Day", "DTSTART:20261224T120030", "DTEND:20261224T180030")
    assert (holiday.start_at, holiday.end_at) == (local("2026-12-24T12:00"), local("2026-12-24T18:01"))


def test_what_is_cancelled_double_or_in_other_years_is_left_out() -> None:
    cancelled = (*SOME_DAY, "STATUS:CANCELLED")
    long_ago = ("SUMMARY:Day", "DTSTART;VALUE=DATE:19991231")
    assert len(read_icalendar(file(SOME_DAY, SOME_DAY, cancelled, long_ago), 2026, 2030)) == 1


def test_the_definition_of_a_zone_is_not_read() -> None:
    rule = ("BEGIN:STANDARD", "RRULE:FREQ=SECONDLY", "rubbish", "END:STANDARD")
    zone = "\r\n".join(["VERSION:2.0", "BEGIN:VTIMEZONE", "TZID:Evil", *rule, "END:VTIMEZONE"])
    text = file(SOME_DAY).replace("VERSION:2.0", zone)
    assert len(read_icalendar(text, 2026, 2030)) == 1


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (("SUMMARY:Day",), "no DTSTART"),
        (("DTSTART;VALUE=DATE:20261224",), "no SUMMARY"),
        (("SUMMARY:Day", "DTSTART:2026"), "DTSTART"),
        (("SUMMARY:Day", "DTSTART;VALUE=TEXT:20261224"), "DTSTART"),
        (("SUMMARY:Day", "DTSTART;VALUE=TIME:120000"), "date"),
        (("SUMMARY:Day", "DTSTART:20261224T120000"), "ends when"),
        (("SUMMARY:Day", "DTSTART;VALUE=DATE:99991231", "DURATION:P1000D"), "years"),
        ((*SOME_DAY, "DTEND;VALUE=DATE:20261223"), "ends when"),
        ((*SOME_DAY, "DTEND;VALUE=DATE:20290101"), "longer"),
        ((*SOME_DAY, "DURATION:P99999999999D"), "DURATION"),
        ((*SOME_DAY, "SUMMARY:Two"), "more than once"),
        ((*SOME_DAY, "rubbish"), "rubbish"),
        ((*SOME_DAY, "RDATE;VALUE=DATE:20271224"), "RDATE"),
        ((*SOME_DAY, "EXDATE:rubbish"), "EXDATE"),
        ((*SOME_DAY, "RRULE:FREQ=DAILY"), "FREQ=YEARLY"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;BYSECOND=1"), "BYSECOND"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;INTERVAL=0"), "INTERVAL"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;COUNT=9999999"), "COUNT"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;COUNT=1;UNTIL=20271224"), "COUNT"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31"), "no such day"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;BYMONTH=5L"), "leap month"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;BYDAY=1MO"), "BYMONTH"),
        ((*SOME_DAY, "RRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1;BYDAY=1MO"), "do not go together"),
        ((*SOME_DAY, "RRULE;VALUE=TEXT:FREQ=YEARLY"), "RRULE"),
    ],
)
def test_a_broken_event_is_told_by_its_number(event: tuple[str, ...], told: str) -> None:
    (text,) = refused(file(SOME_DAY, event))
    assert text.startswith("event 2")
    assert told in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "line 1"),
        ("hello", "line 1"),
        ("BEGIN:VCALENDAR\nVERSION:2.0", "line 2: the file ends before END:VCALENDAR"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "line 2: END:VEVENT"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR", "line 3"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", "no events"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 30_000, "line 5"),
        ("BEGIN:VCALENDAR\n" + "BEG\n IN:X\n" * 10_000, "line 8"),
        (file(*[SOME_DAY] * (MAX_EVENTS + 1)), f"more than {MAX_EVENTS}"),
        (file((*SOME_DAY, "RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE")), f"more than {MAX_FOUND}"),
        ("x" * (MAX_ICALENDAR + 1), "at most"),
    ],
)
def test_a_broken_file_is_told_by_its_line(text: str, told: str) -> None:
    assert told in refused(text)[0]


def test_many_faults_are_told_a_few_at_a_time() -> None:
    told = refused(file(*[("SUMMARY:Day",)] * 100))
    assert len(told) == 21
    assert told[-1] == "and 80 more"


NAMES = ("SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "EXDATE", "STATUS")
PARAMETERS = (
    "",
    ";VALUE=DATE",
    ";VALUE=PERIOD",
    ";VALUE=BINARY;ENCODING=BASE64",
    ";TZID=Europe/Amsterdam",
    ";TZID=",
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "20261224",
            "20261224T120000",
            "20261224T120000Z",
            "PT8H",
            "-P1D",
            "FREQ=YEARLY",
            "FREQ=YEARLY;BYDAY=MO",
        ]
    ),
    st.sampled_from(["99991231T235959Z", "00010101", "FREQ=YEARLY;BYMONTHDAY=99", "BEGIN:VEVENT", "=;,:"]),
    st.text(max_size=12),
)


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(PARAMETERS), VALUES), max_size=6))
def test_whatever_a_file_holds_it_is_read_or_refused(lines: Any) -> None:
    event = tuple(f"{name}{parameters}:{value}" for name, parameters, value in lines)
    try:
        read_icalendar(file(event), 2026, 2030, "Europe/Amsterdam")
    except Invalid as refusal:
        told = {field for field, _ in refusal.errors}
    else:
        told = {"icalendar"}
    assert told == {"icalendar"}


def test_what_is_written_is_read_again() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stored = [
        {"_id": 1, "name": 'Kerst; "twee", ja', "start_at": "2026-12-25T00:00", "end_at": "2026-12-27T00:00"},
        {"_id": 2, "name": "Half", "start_at": "2026-12-31T12:00", "end_at": "2026-12-31T23:59"},
    ]
    text = written_icalendar(
        "Büro", [{**each, "updated_at": now} for each in stored], "widget.example"
    ).decode()
    assert [
        each.fields | {"_id": number} for number, each in enumerate(read_icalendar(text, 2026, 2026), 1)
    ] == stored
    assert "holiday-1@widget.example" in text
    assert "DTSTART;VALUE=DATE:20261225" in text
