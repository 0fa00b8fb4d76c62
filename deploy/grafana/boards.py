"""What a dashboard is made of, and how it is written as Grafana reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from grafana_foundation_sdk.builders import dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    VariableRefresh,
    VariableSort,
)

_SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
_WIDTH = 24


@dataclass(frozen=True)
class Query:
    """`legend`: how its series are called, by their labels."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """`meaning` is shown with it: what it says, and when to worry. `kind`: over time, or how it is now."""

    title: str
    meaning: str
    queries: tuple[Query, ...]
    unit: str
    kind: Literal["time", "now"]


@dataclass(frozen=True)
class Row:
    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Board:
    """A dashboard of the account, and where `by_partner` of the partner, that is chosen at its top."""

    name: str
    title: str
    rows: tuple[Row, ...]
    by_partner: bool = False

    @property
    def queries(self) -> Iterator[tuple[str, str]]:
        """(panel's title, expression) of each."""
        for row in self.rows:
            for panel in row.panels:
                yield from ((panel.title, query.expr) for query in panel.queries)


def over_time(title: str, meaning: str, *queries: Query, unit: str = "short") -> Panel:
    return Panel(title, meaning, queries, unit, "time")


def now(title: str, meaning: str, *queries: Query) -> Panel:
    return Panel(title, meaning, queries, "short", "now")


def rendered(board: Board) -> str:
    """Its JSON."""
    made = (
        dashboard.Dashboard(f"Interdesk: {board.title}")
        .uid(f"interdesk-{board.name}")
        .tags(["interdesk"])
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(dashboard.DatasourceVariable("source").label("Prometheus").type("prometheus"))
        .with_variable(_choice("account", "Account", "label_values(interdesk_saves_total, account)"))
    )
    if board.by_partner:
        partners = 'label_values(interdesk_partner_failing{account="$account"}, partner)'
        made = made.with_variable(_choice("partner", "Partner", partners).multi(True).include_all(True))
    for row in board.rows:
        made = made.with_row(dashboard.Row(row.title))
        for panel in row.panels:
            made = made.with_panel(_panel(panel, len(row.panels)))
    return str(JSONEncoder(sort_keys=True, indent=2).encode(made.build())) + "\n"


def _choice(name: str, label: str, query: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query(query)
        .datasource(_SOURCE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
    )


def _panel(panel: Panel, in_row: int) -> stat.Panel | timeseries.Panel:
    made: stat.Panel | timeseries.Panel
    if panel.kind == "now":
        made = stat.Panel().height(4).span(_WIDTH // in_row)
    else:
        made = timeseries.Panel().height(8).span(_WIDTH // 2).min(0).fill_opacity(8)
    made = made.title(panel.title).description(panel.meaning).datasource(_SOURCE).unit(panel.unit)
    for name, query in zip(ascii_uppercase, panel.queries, strict=False):
        asked = prometheus.Dataquery().ref_id(name).expr(query.expr).legend_format(query.legend)
        made = made.with_target(asked.datasource(_SOURCE))
    return made
