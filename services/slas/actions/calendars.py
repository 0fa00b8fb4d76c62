"""Calendars and holidays: made, changed, and filled from lists of holidays.

A list of holidays is shown first and saved when it is asked for again with `save`. Saving is a save of each
holiday that is not there; what is there already, by its name and start, is left as it is, also when somebody
disabled it. So a list may be taken again every year, and after a crash.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict, Invalid
from services.common.roles import MAINTAIN_CALENDARS
from services.slas import store
from services.slas.actions.references import there
from services.slas.actions.saving import insert, records, refusing
from services.slas.actions.services import created, updated
from services.slas.holidays.countries import of_country
from services.slas.holidays.found import Found
from services.slas.holidays.icalendar_read import read_icalendar
from services.slas.model import shapes
from services.slas.model.calendars import check_calendar, check_holiday, in_order
from services.slas.schemas.calendars import MAX_YEARS

Fields = Mapping[str, Any]
Document = dict[str, Any]

MAX_HOLIDAYS = 3000
_FAULTS = {"calendar_id": there}


def create_calendar(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """With source and sourceID, or the `key` (`common.idempotency`), of one that is there: that one, and
    `created` is false. Raises Forbidden, Invalid, Conflict."""
    actor.needs(*MAINTAIN_CALENDARS)
    return created(context, actor, "calendar", _ordered(fields), key)


def update_calendar(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """`version`: the only one to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict."""
    actor.needs(*MAINTAIN_CALENDARS)
    return updated(context, actor, "calendar", id, _ordered(fields), version)


def create_holiday(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """As create_calendar; a calendar has a holiday of one name and start once."""
    actor.needs(*MAINTAIN_CALENDARS)
    _check_room(context, fields["calendar_id"], 1)
    return created(context, actor, "holiday", fields, key, _lasting, _FAULTS)


def update_holiday(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """As update_calendar."""
    actor.needs(*MAINTAIN_CALENDARS)
    return updated(context, actor, "holiday", id, fields, version, _lasting, _FAULTS)


def fill_holidays(context: Context, actor: Actor, id: int, fields: Fields) -> Document:
    """The public holidays of `country`, `region` in `years`, named in `language`: `{saved, holidays: [{id,
    name, start_at, end_at, state}]}`. Raises Forbidden, NotFound, Invalid."""
    actor.needs(*MAINTAIN_CALENDARS)
    records(context, "calendar").get(id)
    found = of_country(fields["country"], fields.get("region"), fields["years"], fields.get("language"))
    return _filled(context, actor, id, found, fields["save"])


def import_holidays(context: Context, actor: Actor, id: int, fields: Fields) -> Document:
    """The holidays of the file `icalendar` from `first_year` to `last_year`, as fill_holidays."""
    actor.needs(*MAINTAIN_CALENDARS)
    records(context, "calendar").get(id)
    years = fields["first_year"], fields["last_year"]
    if not 0 <= years[1] - years[0] < MAX_YEARS:
        text = f"must be within {MAX_YEARS} years from first_year ({years[0]}) on"
        raise Invalid(errors=[("last_year", text)])
    found = read_icalendar(fields["icalendar"], *years, fields.get("time_zone"))
    return _filled(context, actor, id, found, fields["save"])


def _filled(context: Context, actor: Actor, calendar_id: int, found: list[Found], save: bool) -> Document:
    known = _known(context, calendar_id)
    shown = [_shown(each, known) for each in found]
    new = [each for each in shown if each["state"] == "new"]
    if save and new:
        _check_room(context, calendar_id, len(new))
        for each in new:
            each["id"] = _saved(context, actor, calendar_id, each)
    return {"saved": save, "holidays": shown}


def _known(context: Context, calendar_id: int) -> Mapping[tuple[str, str], Document]:
    """The calendar's holidays by name and start."""
    with answering():
        found = context.database[store.HOLIDAYS].find(
            {"calendar_id": calendar_id}, {"name": 1, "start_at": 1, "disabled": 1}
        )
        return {(each["name"], each["start_at"]): each for each in found}


def _shown(found: Found, known: Mapping[tuple[str, str], Document]) -> Document:
    fields = found.fields
    record = known.get((fields["name"], fields["start_at"]))
    if record is None:
        return {"id": None, **fields, "state": "new"}
    return {"id": record["_id"], **fields, "state": "disabled" if record.get("disabled") else "there"}


def _saved(context: Context, actor: Actor, calendar_id: int, shown: Fields) -> int:
    fields = {name: shown[name] for name in ("name", "start_at", "end_at")}
    state = shapes.new("holiday", {**fields, "calendar_id": calendar_id}, context.clock.now())
    id = context.ids.next("holiday")
    try:
        insert(context, actor, "holiday", id, state)
    except Conflict:
        # Somebody saves the same list at the same time: his is there.
        same = {"calendar_id": calendar_id, "start_at": fields["start_at"], "name": fields["name"]}
        if (record := records(context, "holiday").find_one(same)) is None:
            raise
        return int(record.id)
    return id


def _check_room(context: Context, calendar_id: int, more: int) -> None:
    """Raises Invalid when a calendar would have too many holidays to be counted with."""
    with answering():
        there_are = context.database[store.HOLIDAYS].count_documents({"calendar_id": calendar_id})
    if there_are + more > MAX_HOLIDAYS:
        text = f"has {there_are} holidays, and may have {MAX_HOLIDAYS}; use another calendar"
        raise Invalid("too_many_holidays", errors=[("calendar_id", text)])


def _ordered(fields: Fields) -> Document:
    """The hours in the order of a week, the exceptions in that of their days. Raises Invalid that names them
    as they were given."""
    with refusing():
        check_calendar(fields)
    ordered = dict(fields)
    if "calendar_hours" in fields:
        ordered["calendar_hours"] = in_order(fields["calendar_hours"])
    if "exceptions" in fields:
        ordered["exceptions"] = sorted(fields["exceptions"], key=lambda each: each["day"])
    return ordered


def _lasting(state: Document) -> Document:
    with refusing():
        check_holiday(state)
    return state
