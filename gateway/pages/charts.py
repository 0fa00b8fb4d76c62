"""Charts: a report's figures as a picture, and in words what the picture shows.

Over time they are lines, else bars. A chart shows what is largest and says so; the table beside it has
everything, so nobody needs the picture. The SVG holds no script, loads nothing, and names are text in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Final
from xml.etree.ElementTree import Element

import pygal
from pygal.style import Style

from gateway.pages import measures
from gateway.pages.measures import Unit

Document = Mapping[str, Any]

MOST_BARS: Final = 12
MOST_LINES: Final = 6
MOST_STEPS: Final = 5
_WIDTH: Final = 640
_LABEL: Final = 32
_ROOM: Final = 1.3
"""How much longer than the longest bar the axis is: its figure stands behind it."""
_STYLE: Final = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#1f2a36",
    foreground_strong="#1f2a36",
    foreground_subtle="#5c6b7a",
    # Dark enough beside white for a line.
    colors=("#4f86cc", "#c2781a", "#4d9660", "#a56a9c", "#93832a", "#6f7f8f"),
    font_family="system-ui, sans-serif",
    label_font_size=15,
    major_label_font_size=15,
    legend_font_size=15,
    value_font_size=14,
    value_colors=("#1f2a36",) * 6,
    no_data_font_size=18,
    opacity=".9",
    stroke_width=2.5,
)


@dataclass(frozen=True)
class Chart:
    """What is drawn. `labels` go along the axis; each of `series` has a value per label, None where nothing
    was measured. `left_out`: how many groups are in the table only."""

    measure: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    over_time: bool
    left_out: int


def chart_of(report: Document, told: Document) -> Chart:
    """`report` as the API has it, `told` its figures."""
    figures, shown = told["figures"], measures.charted(report["measures"])
    return _lines(report, figures, shown) if report["bucket"] else _bars(report, figures, shown)


def in_words(chart: Chart, report: Document, told: Document) -> str:
    """What stands for the picture: what it is of, the days, and the most."""
    of = ", ".join(dict.fromkeys(name for name, _ in chart.series)) if not chart.over_time else ""
    what = of or measures.title_of(chart.measure, report["subject"])
    by = " and ".join(measures.field_title(name) for name in report["groups"])
    kind = f"Line chart, by {report['bucket']}" if chart.over_time else "Bar chart"
    said = f"{kind}: {what}{f' by {by}' if by else ''}, {measures.days(told['from'], told['until'])}."
    found = [
        (value, label, name)
        for name, values in chart.series
        for label, value in zip(chart.labels, values, strict=True)
        if value is not None
    ]
    if not found:
        return f"{said} There is nothing to show."
    value, label, name = max(found, key=lambda each: each[0])
    most = f"{said} The most is {measures.figure(value, chart.measure)}: {label}, {name}."
    left = f" {chart.left_out} smaller ones are in the table only." if chart.left_out else ""
    return f"{most}{left} The table has every figure."


def drawn(chart: Chart) -> bytes:
    """The picture, an SVG."""
    options: dict[str, Any] = {
        "style": _STYLE,
        "js": [],
        "width": _WIDTH,
        "value_formatter": lambda value: measures.figure(value, chart.measure),
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 1 if chart.over_time else 2,
        "show_legend": len(chart.series) > 1,
        "truncate_legend": 48,
        "truncate_label": _LABEL,
        "max_scale": 6,
        "margin": 12,
        "no_data_text": "Nothing to show",
        "range": _range(chart) if chart.over_time else (0, _range(chart)[1] * _ROOM),
        "include_x_axis": True,
    }
    if chart.over_time:
        lines = 24 * len(chart.series) if len(chart.series) > 1 else 0
        every = max(1, -(-len(chart.labels) // 5))
        made = pygal.Line(
            **options,
            height=300 + lines,
            show_minor_x_labels=False,
            x_labels_major_every=every,
            dots_size=2.5,
        )
        made.x_labels = chart.labels
        made.y_labels = _steps(chart)
    else:
        bars = len(chart.labels) * max(1, len(chart.series))
        made = pygal.HorizontalBar(
            **options,
            height=150 + 26 * bars + 8 * len(chart.labels),
            print_values=True,
            print_values_position="top",
            show_x_labels=False,
        )
        # The first one is drawn lowest.
        made.x_labels = [_short(label) for label in chart.labels[::-1]]
    for name, values in chart.series:
        made.add(_plain(name), list(values) if chart.over_time else list(values)[::-1])
    made.add_xml_filter(_figures_after_bars)
    made.add_xml_filter(_without_scripts)
    svg: bytes = made.render()
    return svg


def _lines(report: Document, figures: Sequence[Document], shown: Sequence[str]) -> Chart:
    buckets = list(dict.fromkeys(each["bucket"] for each in figures))
    totals: dict[tuple[str, str], float] = {}
    kept: dict[tuple[str, str], dict[str, float | None]] = {}
    for each in figures:
        for measure in shown:
            key = (measures.group_in_words(each["group"]), measure)
            value = each["values"][measure]
            kept.setdefault(key, {})[each["bucket"]] = value
            totals[key] = totals.get(key, 0) + (value or 0)
    largest = sorted(kept, key=lambda key: (-totals[key], key))[:MOST_LINES]
    # A group that is not told of in a bucket has none of what is counted; of a time nothing is known.
    absent = 0 if measures.unit_of(shown[0]) is Unit.NUMBER else None
    series = tuple(
        (_name(*key, report, len(shown)), tuple(kept[key].get(at, absent) for at in buckets))
        for key in largest
    )
    labels = tuple(measures.day(at) for at in buckets)
    return Chart(shown[0], labels, series, True, len(kept) - len(largest))


def _bars(report: Document, figures: Sequence[Document], shown: Sequence[str]) -> Chart:
    told = [each for each in figures if any(each["values"][name] is not None for name in shown)]
    # Percentages as the report has them: a small one says as much as a large one.
    order = {Unit.PERCENT: lambda each: 0.0}.get(
        measures.unit_of(shown[0]), lambda each: -(each["values"][shown[0]] or 0)
    )
    largest = sorted(told, key=order)[:MOST_BARS]
    series = tuple(
        (measures.title_of(name, report["subject"]), tuple(each["values"][name] for each in largest))
        for name in shown
    )
    labels = tuple(_plain(measures.group_in_words(each["group"])) for each in largest)
    return Chart(shown[0], labels, series, False, len(told) - len(largest))


def _name(group: str, measure: str, report: Document, measured: int) -> str:
    title = measures.title_of(measure, report["subject"])
    if not report["groups"]:
        return title
    return f"{group}: {title}" if measured > 1 else group


def _range(chart: Chart) -> tuple[float, float]:
    """From nothing on, so that a bar is as long as what it says; percentages up to all."""
    if measures.unit_of(chart.measure) is Unit.PERCENT:
        return 0, 100
    most = max((value or 0 for _, values in chart.series for value in values), default=0)
    return (0, most or 1)


def _steps(chart: Chart) -> list[float] | None:
    """The lines across: no two of the same figure, so whole ones where there are few; else the library's."""
    if all(value is None for _, values in chart.series for value in values):
        return None
    least, most = _range(chart)
    return [float(each) for each in range(int(least), ceil(most) + 1)] if most <= MOST_STEPS else None


def _short(label: str) -> str:
    """As long as leaves room for its bar; the table has it whole."""
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _plain(text: str) -> str:
    """Without what XML has no way to write."""
    return "".join(each if each.isprintable() else " " for each in text)


def _figures_after_bars(root: Element) -> Element:
    """The library centres a figure on its place; so one begins where its bar ends, however short that is."""
    for each in root.iter():
        if each.get("class") == "value" and each.get("text-anchor") == "middle":
            each.set("text-anchor", "start")
    return root


def _without_scripts(root: Element) -> Element:
    """The library writes its settings as a script, for another one that shows tips."""
    for above in root.iter():
        for each in [each for each in above if each.tag == "script"]:
            above.remove(each)
    return root
