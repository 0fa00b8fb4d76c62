"""Affected SLAs, for those who see every request, and for a requester those of his own request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page, page
from services.common.roles import SEE_REQUESTS
from services.slas.documents import of_document, read_calendar
from services.slas.model.affected import most_stringent
from services.slas.model.calendars import Calendar
from services.slas.model.clocks import NOT_ACCOUNTABLE
from services.slas.queries.listings import AFFECTED_SLAS
from services.slas.schemas import AffectedSlaSchema

Document = dict[str, Any]

_SCHEMA = AffectedSlaSchema()
_STRIPS = {"outbox": 0, "history": 0}


def list_affected_slas(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    found = page(database["affected_slas"], AFFECTED_SLAS, query, viewer=viewer, projection=_STRIPS)
    return found.map(lambda document: _shown(document, viewer))


def get_affected_sla(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    document = database["affected_slas"].find_one({"_id": id}, _STRIPS)
    if document is None:
        raise NotFound()
    return _shown(document, viewer)


def list_affected_slas_of_request(
    database: Database[Document], id: int, query: ListQuery, viewer: Actor
) -> Page:
    """Those of a request that the viewer may see: whoever asks has looked."""
    among = {"request_id": id}
    found = page(database["affected_slas"], AFFECTED_SLAS, query, among, viewer=viewer, projection=_STRIPS)
    return found.map(lambda document: _shown(document, viewer))


def count_support_hours(
    database: Database[Document], id: int, spans: Sequence[tuple[datetime, datetime]]
) -> Document | None:
    """How much of each span is within the support hours of a request that the viewer may see: `{sla_id,
    durations}`, exact. The hours are those of its most stringent affected SLA; None when it has none.
    """

    def calendar(hash: str) -> Calendar:
        return read_calendar(database["calendar_snapshots"].find_one({"_id": hash}) or {})

    found = database["affected_slas"].find({"request_id": id}, _STRIPS)
    chosen = most_stringent([of_document(document, calendar) for document in found])
    if chosen is None:
        return None
    hours = chosen.snapshot.terms.hours
    return {"sla_id": chosen.sla_id, "durations": [hours.between(since, until) for since, until in spans]}


def _shown(document: Mapping[str, Any], viewer: Actor) -> Document:
    given = {
        **document,
        "id": document["_id"],
        "actual_response_at": document["responded_at"],
        # An SLA that is not affected any more has ended, and nothing was resolved.
        "actual_resolution_at": document["ended_at"]
        if document["actual_resolution_duration"] is not None
        else None,
        "stopped_clock_periods": document["stops"],
        "provider_not_accountable": NOT_ACCOUNTABLE in document["reasons"],
    }
    for goal in ("response", "resolution"):
        allowed = document[goal]
        if allowed is not None:
            unit = "" if allowed["unit"] == "minutes" else "_in_days"
            given[f"maximum_{goal}_duration{unit}"] = allowed["count"]
    # Who helps the account is its specialists' business, as it is in the request itself.
    if not viewer.is_system and viewer.roles.isdisjoint(SEE_REQUESTS):
        given["supplier_id"] = None
    shown: Document = {**_SCHEMA.dump(given), "version": document["version"]}
    return shown
