"""Calendars: when work is done, and how time is counted in it.

What it promises
    A calendar has weekly hours, holidays and exceptions. In a time zone, which is not the calendar's own but
    that of the agreement, team or offering that uses it, it is a set of instants: **it is working time
    exactly while the wall clock of the zone shows a time within the hours**. All else follows from that:

    - An hour that the wall clock skips (in spring) is not worked; an hour that it shows twice (in autumn) is
      worked twice. Night hours from 01:00 to 05:00 last three hours on the one day and five on the other.
      Hours that lie wholly in what is skipped do not exist on that day.
    - Around the clock, every second counts, whatever the wall clock does; so does a day that a zone skipped
      when it crossed the date line: it never was.
    - 24:00 is midnight at the end of the day. Hours until 24:00 and from 00:00 of the next day are one
      stretch.

    Holidays are local too: from one time of the wall clock until another. While one lasts, the weekly hours
    do not apply. An exception replaces a day: its hours, or none, and neither the weekly hours nor holidays.

    Instants are aware datetimes, durations are exact to the microsecond. What is given is kept within the
    years 1970 to 2199, and looked for 30 years ahead at most: so a calendar without working time, or with a
    holiday without end, gets a plain None, and nothing runs for long.

How
    `hours` are the values and what is refused of them; `offsets` the periods in which a zone's clock stands
    still against UTC; `working_time` the arithmetic over both, year by year. Each year of a calendar in a
    zone is laid out once, as stretches of UTC with the working time before each; after that every question is
    a look into a sorted table.
"""

from services.slas.model.calendars.hours import (
    FIRST_YEAR,
    LAST_YEAR,
    WEEKDAYS,
    Calendar,
    Hours,
    calendar_of,
    check_calendar,
    check_holiday,
    holiday_of,
    in_order,
    local_text,
    local_time,
)
from services.slas.model.calendars.working_time import (
    HORIZON_YEARS,
    WorkingTime,
    working_time,
)

__all__ = [
    "FIRST_YEAR",
    "HORIZON_YEARS",
    "LAST_YEAR",
    "WEEKDAYS",
    "Calendar",
    "Hours",
    "WorkingTime",
    "calendar_of",
    "check_calendar",
    "check_holiday",
    "holiday_of",
    "in_order",
    "local_text",
    "local_time",
    "working_time",
]
