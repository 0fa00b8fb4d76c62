"""The read side: what may be asked, as plain functions over a read-only database handle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.common.listing import ListQuery, Page, all_of, page
from services.common.roles import SEE_REQUESTS
from services.reporting import store
from services.reporting.model.definition import Definition, defined
from services.reporting.model.subjects import INTERNAL
from services.reporting.queries.asking import chosen, span_of
from services.reporting.queries.figures import Chosen, figures, records_of
from services.reporting.queries.listings import DASHBOARDS, RECORDS, REPORTS, TIMES_OF_RECORDS
from services.reporting.queries.sharing import slas_shown, to_whom_shared, visible
from services.reporting.schemas import DashboardSchema, ReportRecordSchema, ReportSchema, shown_rebuild

__all__ = [
    "DASHBOARDS",
    "RECORDS",
    "REPORTS",
    "TIMES_OF_RECORDS",
    "Chosen",
    "chosen",
    "get_dashboard",
    "get_rebuild",
    "get_report",
    "has_dashboards",
    "kinds_of",
    "list_dashboards",
    "list_records",
    "list_reports",
    "references",
    "report_figures",
    "reports_of",
    "units_of",
]

Document = dict[str, Any]

_SCHEMAS: Final = {"report": ReportSchema(), "dashboard": DashboardSchema()}
_RECORD: Final = ReportRecordSchema()
_STRIPS: Final = {"outbox": 0, "history": 0}


def list_reports(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return _list(database, "report", query, viewer)


def get_report(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return _get(database, "report", id, viewer)


def list_dashboards(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return _list(database, "dashboard", query, viewer)


def get_dashboard(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Raises NotFound."""
    return _get(database, "dashboard", id, viewer)


def has_dashboards(database: Database[Document], viewer: Actor) -> bool:
    """Whether there is one in use that the viewer sees."""
    with answering():
        among = all_of([{"disabled": False}, visible(database, viewer)])
        return database[store.DASHBOARDS.name].find_one(among, {"_id": 1}) is not None


def reports_of(
    database: Database[Document], dashboard: Mapping[str, Any], viewer: Actor | None = None
) -> list[Document]:
    """The reports of a dashboard, in their order: those that the viewer sees there, or all. Who sees the
    dashboard sees its reports; a customer representative those that tell of SLAs. Raises NotFound."""
    slas = None if viewer is None else slas_shown(database, dashboard, viewer)
    with answering():
        found = database[store.REPORTS.name].find({"_id": {"$in": dashboard["report_ids"]}}, _STRIPS)
        kept = {each["_id"]: shown("report", each) for each in found}
    reports = [kept[id] for id in dashboard["report_ids"] if id in kept]
    return [each for each in reports if slas is None or defined(each).of_slas(slas) is not None]


def kinds_of(report: Mapping[str, Any]) -> dict[str, str]:
    """What kind of record the report's groups refer to, of those that do."""
    fields = defined(report).subject.fields
    return {name: fields[name].kind for name in report["groups"] if fields[name].kind}


def units_of(report: Mapping[str, Any]) -> dict[str, str]:
    """In what the figures of a report are, by the measure; nothing of those that are numbers of records."""
    return {name: each.unit for name, each in defined(report).measures.items() if each.unit}


def report_figures(
    database: Database[Document],
    report: Mapping[str, Any],
    where: Mapping[str, Any],
    asked: Mapping[str, str],
    viewer: Actor,
    now: datetime,
) -> Document:
    """`{report_id, name, time_zone, from, until, figures}` of a report; `where`: the report itself or the
    dashboard in which the viewer sees it. `asked`: `from`, `until`, `time_zone`. Raises Invalid, NotFound.
    """
    definition = _definition(database, report, where, viewer)
    span = span_of(database, definition, asked, viewer, now)
    told = figures(database, definition, span, now)
    return {
        "report_id": report["id"],
        "name": report["name"],
        "time_zone": span.zone,
        "from": span.first,
        "until": span.last,
        "figures": told,
    }


def list_records(
    database: Database[Document],
    report: Mapping[str, Any],
    where: Mapping[str, Any],
    which: Chosen,
    query: ListQuery,
    viewer: Actor,
) -> Page:
    """Exactly those records that a figure counts. Raises NotFound."""
    definition = _definition(database, report, where, viewer)
    rows = database[definition.subject.collection]
    found = page(rows, RECORDS[definition.of], query, records_of(definition, which))
    unshown = frozenset() if viewer.has(*SEE_REQUESTS) else INTERNAL
    return found.map(lambda row: _row(definition.of, row, unshown))


def get_rebuild(database: Database[Document]) -> Document:
    """The rebuild that goes on, or the last one."""
    with answering():
        return shown_rebuild(database[store.REBUILDS.name].find_one({}))


def references(database: Database[Document], kind: str, ids: Collection[int]) -> dict[int, Document]:
    """{id: {name, sourceID?, disabled}} of those that are there."""
    with answering():
        found = database[store.KINDS[kind].name].find(
            {"_id": {"$in": sorted(ids)}}, {"name": 1, "sourceID": 1, "disabled": 1}
        )
        return {each.pop("_id"): each for each in found}


def shown(kind: str, document: Mapping[str, Any]) -> Document:
    """A report or dashboard as it goes out, with its version."""
    dumped: Document = _SCHEMAS[kind].dump({**document, "id": document["_id"]})
    dumped.pop("account", None)
    return {**dumped, "version": document["version"]}


def _list(database: Database[Document], kind: str, query: ListQuery, viewer: Actor) -> Page:
    listing = REPORTS if kind == "report" else DASHBOARDS
    among = visible(database, viewer)
    found = page(database[store.KINDS[kind].name], listing, query, among, viewer=viewer, projection=_STRIPS)
    told = to_whom_shared(database, viewer)
    return found.map(lambda document: shown(kind, told(document)))


def _get(database: Database[Document], kind: str, id: int, viewer: Actor) -> Document:
    with answering():
        among = all_of([{"_id": id}, visible(database, viewer)])
        found = database[store.KINDS[kind].name].find_one(among, _STRIPS)
    if found is None:
        raise NotFound
    return shown(kind, to_whom_shared(database, viewer)(found))


def _definition(
    database: Database[Document], report: Mapping[str, Any], where: Mapping[str, Any], viewer: Actor
) -> Definition:
    definition = defined(report)
    slas = slas_shown(database, where, viewer)
    told = definition if slas is None else definition.of_slas(slas)
    if told is None:
        raise NotFound
    return told


def _row(of: str, row: Mapping[str, Any], unshown: Collection[str]) -> Document:
    given = {name: value for name, value in row.items() if name not in unshown}
    request = {} if "request_id" in row else {"request_id": row["_id"]}
    return {**_RECORD.dump({**given, "id": row["_id"], **request}), "version": row.get("version", 1)}
