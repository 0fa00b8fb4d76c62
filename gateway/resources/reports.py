"""Reports and dashboards: their figures, and the records that a figure counts.

    /reports/5/figures      every figure of the days asked for; each leads to what it counts
    /reports/5/records      exactly the records that a figure counts, paged
    /dashboards/7/figures   the figures of its reports, in their order
    /dashboards/7/records   likewise, of its `report`

Who may see what, and that a customer representative sees what is of his SLAs, is the business of `queries`:
a report that somebody sees on a dashboard he sees there only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, cast
from urllib.parse import urlencode

from flask import Response, request
from flask_smorest import Blueprint

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.context import GatewayContext
from gateway.files import FORMATS, Table, file_of
from gateway.records import Document, Shape
from gateway.resource import Resource, ResourceViews, View, add_views, viewer
from gateway.resources.shapes.reports import DASHBOARD, RECORDS, REPORT
from services.common.errors import Invalid, NotFound
from services.common.listing import ListQuery, Page
from services.common.roles import SEE_REQUESTS
from services.reporting import queries, schemas

SERVICE: Final = "reporting"
MOST_IN_A_FILE: Final = 10_000
"""Records of one figure."""
REPORTS: Final = Resource(
    path="reports",
    shape=REPORT,
    service=SERVICE,
    find=queries.list_reports,
    get=queries.get_report,
    writers=SEE_REQUESTS,
    create="create_report",
    update="update_report",
    input=schemas.ReportInputSchema,
)
DASHBOARDS: Final = Resource(
    path="dashboards",
    shape=DASHBOARD,
    service=SERVICE,
    find=queries.list_dashboards,
    get=queries.get_dashboard,
    writers=SEE_REQUESTS,
    create="create_dashboard",
    update="update_dashboard",
    input=schemas.DashboardInputSchema,
)
_SPAN: Final = {
    "from": "the first day, such as 2025-01-31",
    "until": "the last day; today by default",
    "time_zone": "whose days; the caller's own by default",
    "export_format": "csv or xlsx: as a file",
}
_WHICH: Final = {**_SPAN, "measure": "the measure whose figure it is; count by default"}
_REPORT: Final = {"report": "the id of one of its reports"}


class _FigureViews(ResourceViews):
    """What reports and dashboards have alike."""

    def figures_of(self, report: Document, where: Document, asked: Mapping[str, str]) -> Document:
        """The figures of a report with names and links; `where`: the record in which the caller sees it."""
        now = self.context.clock.now()
        told = queries.report_figures(self.database, report, where, asked, viewer(), now)
        kinds: Mapping[str, str] = queries.kinds_of(report)
        wanted: dict[str, set[int]] = {}
        for each in told["figures"]:
            for name, id in each["group"].items():
                if name in kinds and id is not None:
                    wanted.setdefault(kinds[name], set()).add(id)
        resolve = self.context.references.resolve(wanted)
        for each in told["figures"]:
            each["records"] = self._records(report, where, told["time_zone"], each)
            each["group"] = {
                name: value if value is None or name not in kinds else resolve(kinds[name], value)
                for name, value in each["group"].items()
            }
            each |= {name: _day(each[name]) for name in ("bucket", "from", "until")}
        id, name = told.pop("report_id"), told.pop("name")
        days = {each: _day(told[each]) for each in ("from", "until")}
        return {"report": {"id": id, "name": name}, **told, **days}

    def page_of(self, report: Document, where: Document, taken: Mapping[str, str]) -> Response:
        """A page of what a figure counts. `taken`: the parameters that say which figure."""
        if format := file_format(taken):
            which, _, query = self._chosen(report, taken)
            return self._records_file(format, report, where, which, query)
        shape, query, page = self.found(report, where, taken)
        return self.answers.page(shape, page, replace(query, named=(*taken.items(), *query.named)))

    def found(
        self, report: Document, where: Document, taken: Mapping[str, str]
    ) -> tuple[Shape, ListQuery, Page]:
        """What a figure counts, as it is asked for. Raises Invalid, NotFound."""
        which, shape, query = self._chosen(report, taken)
        return shape, query, queries.list_records(self.database, report, where, which, query, viewer())

    def figures_file(self, format: str, report: Document, told: Document) -> Response:
        """The figures of a report as a file."""
        days = ("bucket", "from", "until")
        lines = [
            [each[name] and date.fromisoformat(each[name]) for name in days]
            + [*each["group"].values(), *each["values"].values()]
            for each in told["figures"]
        ]
        names = (*days, *report["groups"], *report["measures"])
        table = Table(names, lines, told["time_zone"], queries.units_of(report))
        return file_of(format, f"report-{report['id']}", table)

    def _chosen(self, report: Document, taken: Mapping[str, str]) -> tuple[queries.Chosen, Shape, ListQuery]:
        """Which figure, what its records are, and how they are listed. Raises Invalid."""
        which = queries.chosen(self.database, report, taken, viewer(), self.context.clock.now())
        shape = RECORDS[report["subject"]]
        others = [(name, value) for name, value in request.args.items(multi=True) if name not in taken]
        return which, shape, ListQuery.parse(others, shape.listing)

    def _records_file(
        self, format: str, report: Document, where: Document, which: queries.Chosen, query: ListQuery
    ) -> Response:
        """All that a figure counts, whatever page is asked for. Raises Invalid `too_many_records`."""
        # In one look: nothing comes or goes between pages.
        whole = replace(query, page=1, after=None, before=None, per_page=MOST_IN_A_FILE)
        found = queries.list_records(self.database, report, where, which, whole, viewer())
        if found.next is not None:
            text = f"counts more than {MOST_IN_A_FILE} records: a file holds so many at most"
            raise Invalid("too_many_records", f"This figure {text}.", [("export_format", text)])
        zone, names = which.span.zone, query.fields
        lines = [
            [
                datetime.fromisoformat(value) if value and name in queries.TIMES_OF_RECORDS else value
                for name, value in zip(names, line, strict=True)
            ]
            for line in self.answers.lines(RECORDS[report["subject"]], found.items, names)
        ]
        units = dict.fromkeys(queries.TIMES_OF_RECORDS, zone)
        return file_of(format, f"report-{report['id']}-records", Table(names, lines, zone, units))

    def _records(self, report: Document, where: Document, zone: str, figure: Document) -> dict[str, str]:
        which = {"from": figure["from"], "until": figure["until"], "time_zone": zone}
        if "report_ids" in where:
            which["report"] = report["id"]
        which |= {name: "" if value is None else value for name, value in figure["group"].items()}
        url = self.answers.url(f"/v1/{self.resource.path}/{where['id']}/records")
        return {name: f"{url}?{urlencode({**which, 'measure': name})}" for name in figure["values"]}


class ReportViews(_FigureViews):
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(REPORTS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        told = {"200": documents.answer("The figures", schemas.FiguresSchema())}
        view = documents.describe(
            self.get_figures, "The figures of a report", answers=told, parameters=_parameters(_SPAN)
        )
        add_views(blueprint, "/<id>/figures", "figures", {"get": self.reader(view)})
        add_views(blueprint, "/<id>/records", "records", {"get": self.reader(_listed(self.get_records))})

    def get_figures(self, id: str) -> Response:
        asked = _asked(_SPAN)
        report = self.load(id)
        told = self.figures_of(report, report, asked)
        format = file_format(asked)
        return of_json(told) if format is None else self.figures_file(format, report, told)

    def get_records(self, id: str) -> Response:
        report = self.load(id)
        return self.page_of(report, report, _taken(_WHICH, report))


class DashboardViews(_FigureViews):
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(DASHBOARDS, context, answers)

    def extend(self, blueprint: Blueprint) -> None:
        told = {"200": documents.answer("The figures", schemas.FiguresSchema(many=True))}
        view = documents.describe(
            self.get_figures, "The figures of a dashboard", answers=told, parameters=_parameters(_SPAN)
        )
        add_views(blueprint, "/<id>/figures", "figures", {"get": self.reader(view)})
        add_views(blueprint, "/<id>/records", "records", {"get": self.reader(_listed(self.get_records))})

    def get_figures(self, id: str) -> Response:
        asked = _asked({name: text for name, text in _SPAN.items() if name != "export_format"})
        dashboard = self.load(id)
        reports = queries.reports_of(self.database, dashboard, viewer())
        return of_json([self.figures_of(report, dashboard, asked) for report in reports])

    def get_records(self, id: str) -> Response:
        dashboard = self.load(id)
        report = self.report_on(dashboard, request.args.get("report", ""))
        return self.page_of(report, dashboard, self.taken(report))

    def report_on(self, dashboard: Document, named: str) -> Document:
        """The report that an id names, of those that the viewer sees on a dashboard. Raises NotFound."""
        id = bodies.record_id(named, self.context.config.domain, REPORT.type)
        reports = queries.reports_of(self.database, dashboard, viewer())
        report = next((each for each in reports if each["id"] == id), None)
        if report is None:
            raise NotFound
        return report

    @staticmethod
    def taken(report: Document) -> dict[str, str]:
        """Those parameters that say which figure of the dashboard's report."""
        return _taken({**_WHICH, **_REPORT}, report)


def _asked(known: Mapping[str, str]) -> dict[str, str]:
    """The parameters of the request. Raises Invalid that names each that there is not."""
    if unknown := sorted(request.args.keys() - known.keys()):
        raise Invalid(errors=[(name, f"is unknown: there are {', '.join(known)}") for name in unknown])
    return request.args.to_dict()


def _taken(known: Mapping[str, str], report: Document) -> dict[str, str]:
    """Those parameters that say which figure of a report."""
    names = (*known, *report["groups"])
    return {name: value for name, value in request.args.items() if name in names}


def file_format(asked: Mapping[str, str]) -> str | None:
    """Of the file that is asked for, if one is. Raises Invalid for a format that there is not."""
    wanted = asked.get("export_format")
    if wanted not in (None, *FORMATS):
        raise Invalid(errors=[("export_format", f"must be one of: {', '.join(FORMATS)}")])
    return wanted


def _listed(view: View) -> View:
    told: Any = documents.of_list(view, RECORDS["requests"], "The records that a figure counts")
    told._apidoc["manual_doc"]["parameters"] += _parameters({**_WHICH, **_REPORT})
    return cast(View, told)


def _parameters(named: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"in": "query", "name": name, "schema": {"type": "string"}, "description": text}
        for name, text in named.items()
    ]


def _day(day: Any) -> str | None:
    return None if day is None else day.isoformat()
