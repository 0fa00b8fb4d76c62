"""Dashboards: each report as a chart and a table, and behind every figure exactly the records that it counts.

    /dashboards                     those that the reader sees
    /dashboards/7                   the figures of its reports
    /dashboards/7/figures/9         those of its report 9 as a file
    /dashboards/7/records?report=9  what a figure counts; with `export_format` as a file

All take the days as the API does (`from`, `until`, `time_zone`), and read through its views: who sees what is
said in one place. The zone is the reader's where none is asked for.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from flask import Response, request

from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.pages import charts, measures
from gateway.pages.lists import Heading, neighbours, unpaged
from gateway.pages.page import page, zone_of_reader
from gateway.records import Document
from gateway.resource import viewer
from gateway.resources.reports import DashboardViews, file_format
from gateway.resources.shapes.reports import DASHBOARD
from services.common.errors import Invalid, http_status
from services.common.listing import ListQuery
from services.reporting import queries
from services.requests.queries import account_names

MOST_ROWS: Final = 120
"""Of a table so many lines are shown, the latest; the file has all."""
_SPAN: Final = ("from", "until", "time_zone")
_TITLES: Final = {"from": "From", "until": "Until", "time_zone": "Time zone"}
_ACCOUNTS: Final = ("account", "holder", "customer")


class Dashboards:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self._context = context
        self._answers = answers
        self._views = DashboardViews(context, answers)
        self._database = context.databases["reporting"]

    def list(self) -> Response:
        asked = list(request.args.items(multi=True))
        query = ListQuery.parse(asked, DASHBOARD.listing, "enabled")
        found = queries.list_dashboards(self._database, query, viewer())
        return page(
            self._context,
            "dashboards.html",
            found=found,
            records=self._answers.shown(DASHBOARD, found.items),
            neighbours=neighbours(found, asked),
        )

    def get(self, id: str) -> Response:
        dashboard, asked = self._views.load(id), self._asked()
        reports = queries.reports_of(self._database, dashboard, viewer())
        status, wrong, parts = 200, [], []
        try:
            parts = [self._part(each, dashboard, asked) for each in reports]
        except Invalid as error:
            status, wrong = http_status(error), error.errors or [("", error.message)]
        span = {name: asked[name] for name in _SPAN if name in request.args and name in asked}
        return page(
            self._context,
            "dashboard.html",
            status,
            dashboard=dashboard,
            parts=parts,
            span=span,
            wrong=[(_TITLES.get(name, name), text) for name, text in wrong],
        )

    def _part(self, report: Document, dashboard: Document, asked: Mapping[str, str]) -> Document:
        """What a dashboard shows of a report. Raises Invalid for days that can't be: they are wrong for all
        reports; what one of them can't tell is its own matter."""
        try:
            told = self._views.figures_of(report, dashboard, asked)
        except Invalid as error:
            if error.code != "too_many_figures":
                raise
            return {"report": report, "refused": error.message}
        self._name_accounts([each["group"] for each in told["figures"]])
        return _shown(report, told, dashboard["id"])

    def _name_accounts(self, told: Sequence[dict[str, Any]]) -> None:
        """Puts accounts with their names where the API has their ids."""
        ids = {each[name] for each in told for name in _ACCOUNTS if each.get(name)}
        names = account_names(self._context.databases["requests"], ids)
        for each in told:
            each |= {
                name: {"id": each[name], "name": names.get(each[name], each[name])}
                for name in _ACCOUNTS
                if each.get(name)
            }

    def figures(self, id: str, report: str) -> Response:
        dashboard = self._views.load(id)
        definition = self._views.report_on(dashboard, report)
        asked = self._asked("export_format")
        told = self._views.figures_of(definition, dashboard, asked)
        return self._views.figures_file(file_format(asked) or "csv", definition, told)

    def records(self, id: str) -> Response:
        dashboard = self._views.load(id)
        report = self._views.report_on(dashboard, request.args.get("report", ""))
        taken = {"time_zone": zone_of_reader(self._context).key, **self._views.taken(report)}
        if "export_format" in taken:
            return self._views.page_of(report, dashboard, taken)
        shape, query, found = self._views.found(report, dashboard, taken)
        records = self._answers.shown(shape, found.items, query.fields)
        self._name_accounts(records)
        asked = list(request.args.items(multi=True))
        measure = taken.get("measure", "count")
        return page(
            self._context,
            "records.html",
            dashboard=dashboard,
            report=report,
            measure=measures.title_of(measure, report["subject"]),
            counts=measures.SUBJECTS[report["subject"]].lower().replace("slas", "SLAs"),
            days=_days_of(taken),
            zone_asked=taken["time_zone"],
            found=found,
            records=records,
            headings=headings(records),
            file=f"?{urlencode(unpaged(asked))}",
            neighbours=neighbours(found, asked),
        )

    def _asked(self, *more: str) -> dict[str, str]:
        """The days that are asked for, and `more`: an empty field asks for none. Raises Invalid."""
        known = (*_SPAN, *more)
        if unknown := sorted(request.args.keys() - set(known)):
            raise Invalid(errors=[(name, f"is unknown: there are {', '.join(known)}") for name in unknown])
        given = {name: value for name, value in request.args.items() if value}
        return {"time_zone": zone_of_reader(self._context).key, **given}


def _shown(report: Document, told: Document, dashboard: int) -> Document:
    """What a dashboard shows of a report."""
    chart = charts.chart_of(report, told)
    span = urlencode({name: told[name] for name in _SPAN})
    lines = told["figures"][::-1] if report["bucket"] else told["figures"]
    # The latest bucket first, but its groups in their order.
    lines = sorted(lines, key=lambda each: each["bucket"], reverse=True) if report["bucket"] else lines
    return {
        "report": report,
        "told": told,
        "days": measures.days(told["from"], told["until"]),
        "counted_at": measures.counted_at(report["subject"], report["moment"], report["measures"]),
        "headings": [(name, measures.field_title(name)) for name in report["groups"]],
        "measures": [
            (
                name,
                measures.title_of(name, report["subject"]),
                measures.unit_in_words(name, report["subject"]),
            )
            for name in report["measures"]
        ],
        "lines": [_line(report, each, dashboard) for each in lines[:MOST_ROWS]],
        "lines_in_all": len(lines),
        # In the page itself: the figures are counted once, and the page is one call.
        "chart": f"data:image/svg+xml;base64,{b64encode(charts.drawn(chart)).decode()}",
        "in_words": charts.in_words(chart, report, told),
        "file": f"/dashboards/{dashboard}/figures/{report['id']}?{span}",
    }


def _line(report: Document, told: Document, dashboard: int) -> Document:
    """A line of the table. A figure that was not measured leads nowhere: it counts nothing."""
    group = [measures.member_of_group(name, value) for name, value in told["group"].items()]
    figures = [
        (
            measures.figure(told["values"][name], name),
            f"/dashboards/{dashboard}/records?{urlsplit(told['records'][name]).query}",
            told["values"][name] is not None,
        )
        for name in report["measures"]
    ]
    bucket = measures.bucket_in_words(told, report["bucket"]) if report["bucket"] else ""
    return {"bucket": bucket, "group": group, "figures": figures}


def headings(records: list[Document]) -> list[Heading]:
    """Of the request that a record is of, and of the fields that any of the records has."""
    made = [Heading("id", "Nr"), Heading("subject", "Request")]
    for name in records[0] if records else ():
        if name not in ("id", "request") and any(each[name] is not None for each in records):
            made.append(Heading(name, measures.field_title(name)))
    return made


def _days_of(taken: Mapping[str, Any]) -> str:
    if "from" in taken and "until" in taken:
        return measures.days(taken["from"], taken["until"])
    return ""
