"""Calendars and their holidays; lists that fill them, and the iCalendar file of what they have."""

from __future__ import annotations

from functools import partial

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.context import GatewayContext
from gateway.resource import Children, Resource, ResourceViews, View, add_views
from gateway.resources.shapes.services import CALENDAR, CALENDAR_HOUR, HOLIDAY, SERVICE_OFFERING
from services.common.roles import MAINTAIN_CALENDARS
from services.slas import queries, schemas

CALENDARS = Resource(
    path="calendars",
    shape=CALENDAR,
    service="slas",
    find=queries.list_calendars,
    get=queries.get_calendar,
    writers=MAINTAIN_CALENDARS,
    create="create_calendar",
    update="update_calendar",
    input=schemas.CalendarInputSchema,
    children=(
        Children("calendar_hours", CALENDAR_HOUR, queries.list_calendar_hours),
        Children("holidays", HOLIDAY, queries.list_holidays_of_calendar),
        Children("service_offerings", SERVICE_OFFERING, queries.list_offerings_of_calendar),
    ),
    audit=partial(queries.get_audit, kind="calendar"),
)
HOLIDAYS = Resource(
    path="holidays",
    shape=HOLIDAY,
    service="slas",
    find=queries.list_holidays,
    get=queries.get_holiday,
    writers=MAINTAIN_CALENDARS,
    create="create_holiday",
    update="update_holiday",
    input=schemas.HolidayInputSchema,
    audit=partial(queries.get_audit, kind="holiday"),
)
# What fills a calendar: the service's command, what it takes, and what it is.
LISTS: dict[str, tuple[type[Schema], str]] = {
    "fill_holidays": (schemas.FillHolidaysInputSchema, "The public holidays of a country or region"),
    "import_holidays": (schemas.ImportHolidaysInputSchema, "The holidays of an iCalendar file"),
}


class CalendarViews(ResourceViews):
    """A calendar is filled from lists of holidays: shown first, saved when `save` is said."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(CALENDARS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        found = documents.answer("What was found", schemas.FoundHolidaysSchema())
        for command, (taken, what) in LISTS.items():
            view = documents.describe(
                self._filler(command), f"{what}: shown, or saved", answers={"200": found}, body=taken()
            )
            add_views(blueprint, f"/<id>/{command}", command, {"post": self.writer(view)})
        written = {"description": "An iCalendar file", "content": {"text/calendar": {}}}
        view = documents.describe(self.get_icalendar, "The holidays as a file", answers={"200": written})
        add_views(blueprint, "/<id>/icalendar", "icalendar", {"get": self.reader(view)})

    def get_icalendar(self, id: str) -> Response:
        file = queries.get_icalendar(self.database, self.load(id), self.context.config.domain)
        return Response(file, mimetype="text/calendar")

    def _filler(self, command: str) -> View:
        def fill(id: str) -> Response:
            fields = bodies.fields_of(request)
            return of_json(self.call(command, self.load(id)["id"], fields))

        return fill
