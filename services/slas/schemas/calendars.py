"""Calendars and their holidays; and what asks for lists of holidays, and answers them."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.common.fields import Day, ReferenceId, Text, Whole, Zone, one_of
from services.common.schemas import InputSchema, NamedRecordSchema, OutputSchema, SourceSchema
from services.slas.model.calendars import FIRST_YEAR, LAST_YEAR, WEEKDAYS, local_text, local_time

MAX_HOURS = 7 * 24
MAX_HOURS_OF_DAY = 24
MAX_EXCEPTIONS = 1000
MAX_YEARS = 10
MAX_ICALENDAR = 256 * 1024
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_YEARS = validate.Range(FIRST_YEAR, LAST_YEAR, error="must be a year from {min} to {max}")


class TimeOfDay(fields.String):
    """A time of the wall clock, `hh:mm`; with `midnight` also 24:00, the end of the day."""

    def __init__(self, *, midnight: bool = False, **options: Any) -> None:
        super().__init__(metadata={"format": "time-of-day"}, **options)
        self.midnight = midnight

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        if self.midnight and text == "24:00":
            return text
        written = _TIME.fullmatch(text)
        if written is None:
            until = " to 24:00" if self.midnight else ""
            raise ValidationError(f"must be a time such as 08:30{until}")
        return f"{int(written[1]):02}:{written[2]}"


class LocalTime(fields.String):
    """What the wall clock shows, to the minute: `yyyy-mm-ddThh:mm`, or a day for its first minute."""

    def __init__(self, **options: Any) -> None:
        super().__init__(metadata={"format": "local-date-time"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        try:
            return local_text(local_time(text))
        except ValueError as wrong:
            raise ValidationError(str(wrong)) from None


class DayOfYears(Day):
    """A day in the years that calendars are kept for."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        day = super()._deserialize(value, attr, data, **options)
        if not FIRST_YEAR <= int(day[:4]) <= LAST_YEAR:
            raise ValidationError(f"must be in the years {FIRST_YEAR} to {LAST_YEAR}")
        return day


class HoursInputSchema(InputSchema):
    time_from = TimeOfDay(required=True)
    time_until = TimeOfDay(required=True, midnight=True)


class CalendarHourInputSchema(HoursInputSchema):
    weekday = one_of(WEEKDAYS, required=True, allow_none=False)


class CalendarExceptionInputSchema(InputSchema):
    """A day with hours of its own, or none; neither the week's nor holidays apply."""

    day = DayOfYears(required=True)
    hours = fields.List(
        Whole(HoursInputSchema),
        required=True,
        validate=validate.Length(max=MAX_HOURS_OF_DAY, error="must hold at most {max}"),
    )


class CalendarInputSchema(SourceSchema):
    """A calendar: the hours of a week and the days that differ. An edit gives either whole."""

    name = Text(128, required=True)
    disabled = fields.Boolean()
    calendar_hours = fields.List(
        Whole(CalendarHourInputSchema),
        validate=validate.Length(max=MAX_HOURS, error="must hold at most {max}"),
    )
    exceptions = fields.List(
        Whole(CalendarExceptionInputSchema),
        validate=validate.Length(max=MAX_EXCEPTIONS, error="must hold at most {max}"),
    )


class HolidayInputSchema(SourceSchema):
    """A holiday of a calendar. `end_at` is the first minute after it."""

    name = Text(128, required=True)
    calendar_id = ReferenceId(required=True)
    start_at = LocalTime(required=True)
    end_at = LocalTime(required=True)
    disabled = fields.Boolean()


class FillHolidaysInputSchema(InputSchema):
    """The public holidays of a country or region in some years. Without `save` they are only shown."""

    country = Text(3, required=True)
    region = Text(50, allow_none=True)
    years = fields.List(
        fields.Integer(strict=True, validate=_YEARS),
        required=True,
        validate=validate.Length(1, MAX_YEARS, error="must be {min} to {max} years"),
    )
    language = Text(10, allow_none=True)
    save = fields.Boolean(load_default=False)


class ImportHolidaysInputSchema(InputSchema):
    """The holidays of an iCalendar file from the first to the last of these years. Without `save` they are
    only shown. `time_zone`: in whose local time what the file has in UTC is holiday."""

    icalendar = fields.String(
        required=True,
        validate=validate.Length(max=MAX_ICALENDAR, error="must be at most {max} characters long"),
    )
    first_year = fields.Integer(strict=True, required=True, validate=_YEARS)
    last_year = fields.Integer(strict=True, required=True, validate=_YEARS)
    time_zone = Zone(allow_none=True)
    save = fields.Boolean(load_default=False)


class HoursSchema(OutputSchema):
    time_from = fields.String()
    time_until = fields.String()


class CalendarHourSchema(HoursSchema):
    weekday = fields.String()


class NumberedCalendarHourSchema(CalendarHourSchema):
    """`id` is the place in the week, from 1 on."""

    id = fields.Integer()


class CalendarExceptionSchema(OutputSchema):
    day = fields.String()
    hours = fields.List(fields.Nested(HoursSchema))


class CalendarSchema(NamedRecordSchema):
    disabled = fields.Boolean()
    calendar_hours = fields.List(fields.Nested(CalendarHourSchema))
    exceptions = fields.List(fields.Nested(CalendarExceptionSchema))


class HolidaySchema(NamedRecordSchema):
    calendar_id = fields.Integer()
    start_at = fields.String()
    end_at = fields.String()
    disabled = fields.Boolean()


class FoundHolidaySchema(OutputSchema):
    """A holiday that was found. `state`: new, there (in the calendar already), or disabled (there, and
    somebody disabled it: so it stays). `id` is the record's, null for a new one that is only shown."""

    id = fields.Integer(allow_none=True)
    name = fields.String()
    start_at = fields.String()
    end_at = fields.String()
    state = fields.String()


class FoundHolidaysSchema(OutputSchema):
    """`saved`: whether the new ones are in the calendar now."""

    saved = fields.Boolean()
    holidays = fields.List(fields.Nested(FoundHolidaySchema))
