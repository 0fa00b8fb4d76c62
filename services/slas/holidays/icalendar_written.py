"""Holidays as an iCalendar file (RFC 5545): whole days as dates, others as local times without a zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import icalendar

from services.slas.model.calendars import local_time

PRODUCT = "-//Interdesk//Calendars//EN"


def written_icalendar(name: str, holidays: Iterable[Mapping[str, Any]], domain: str) -> bytes:
    """`holidays`: documents as they are stored. An event's UID is made of the holiday's id and the account's
    domain, so a program that takes the file again finds what it has."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("x-wr-calname", name)
    for holiday in holidays:
        start, end = local_time(holiday["start_at"]), local_time(holiday["end_at"])
        whole_days = (start.hour, start.minute, end.hour, end.minute) == (0, 0, 0, 0)
        event = icalendar.Event()
        event.add("uid", f"holiday-{holiday['_id']}@{domain}")
        event.add("dtstamp", holiday["updated_at"])
        event.add("summary", holiday["name"])
        event.add("dtstart", start.date() if whole_days else start)
        event.add("dtend", end.date() if whole_days else end)
        event.add("transp", "OPAQUE")
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
