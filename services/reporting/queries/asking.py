"""What is asked of a report: the days, in which zone, and which of its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.copies import collection_name
from services.common.database import answering
from services.common.errors import Invalid
from services.common.time_zones import iana_name
from services.reporting.model.days import Span, day_of
from services.reporting.model.definition import Definition, defined
from services.reporting.model.subjects import MAX_DAYS
from services.reporting.queries.figures import Chosen

Document = dict[str, Any]

USUAL_ZONE: Final = "UTC"


def span_of(
    database: Database[Document],
    definition: Definition,
    asked: Mapping[str, str],
    viewer: Actor,
    now: datetime,
) -> Span:
    """The days from `from` until `until`, both included, in `time_zone`: by default the report's own number
    of days to today, in the viewer's zone. Raises Invalid."""
    zone = _zone(database, asked.get("time_zone"), viewer)
    until = _day("until", asked["until"]) if "until" in asked else day_of(now, zone)
    first = _day("from", asked["from"]) if "from" in asked else until - timedelta(definition.days - 1)
    if first > until:
        raise Invalid(errors=[("from", "must not be after until")])
    if (until - first).days >= MAX_DAYS:
        raise Invalid(errors=[("from", f"must be {MAX_DAYS} days before until at most")])
    return Span(first, until, zone)


def chosen(
    database: Database[Document],
    report: Mapping[str, Any],
    asked: Mapping[str, str],
    viewer: Actor,
    now: datetime,
) -> Chosen:
    """Which figure: its days, its `measure`, and by the names of the report's groups their values; an empty
    one means those without. Raises Invalid."""
    definition = defined(report)
    measure = asked.get("measure", "count")
    if measure not in (*definition.measures, "count"):
        told = f"must be one of: {', '.join(definition.measures)}"
        raise Invalid(errors=[("measure", told)])
    group = tuple(
        (name, _value(definition, name, asked[name])) for name in definition.groups if name in asked
    )
    return Chosen(span_of(database, definition, asked, viewer, now), measure, group)


def _zone(database: Database[Document], named: str | None, viewer: Actor) -> str:
    if named is not None:
        try:
            return iana_name(named)
        except ValueError as error:
            raise Invalid(errors=[("time_zone", str(error))]) from None
    with answering():
        asked = {"_id": viewer.person_id or 0}
        person = database[collection_name("person")].find_one(asked, {"time_zone": 1})
    return (person or {}).get("time_zone") or USUAL_ZONE


def _day(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not 1970 <= day.year <= 2100:
        raise Invalid(errors=[(name, "must be a day such as 2025-01-31, from 1970 to 2100")])
    return day


def _value(definition: Definition, name: str, text: str) -> Any:
    if text == "":
        return None
    if not definition.subject.fields[name].kind:
        return text
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise Invalid(errors=[(name, "must be the id of a record, or empty")])
    return int(text)
