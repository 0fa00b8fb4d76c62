"""Figures as pictures and in words."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from xml.etree import ElementTree

import pytest

from gateway.pages import charts, measures

Made = dict[str, Any]
DAYS = {"from": "2026-01-01", "until": "2026-01-31"}


def report(*told: str, groups: tuple[str, ...] = ("team",), bucket: str | None = None) -> Made:
    return {"subject": "requests", "measures": list(told), "groups": list(groups), "bucket": bucket}


def figure(name: str, bucket: str | None = None, **values: float | None) -> Made:
    return {"bucket": bucket, **DAYS, "group": {"team": {"id": 1, "name": name}}, "values": values}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["count"], ["count"]),
        (["open", "count"], ["open"]),
        (["count", "returned", "ping_pong"], ["count", "returned", "ping_pong"]),
        (["count", "open"], ["count"]),
        (["count", "resolution_median", "resolution_90th_percentile", "reopen_rate"], None),
        (["count", "holding", "holding_median", "holding_share"], ["holding"]),
        (["count", "response_met", "resolution_met"], ["response_met", "resolution_met"]),
    ],
)
def test_a_chart_shows_what_can_stand_on_one_scale(given: list[str], shown: list[str] | None) -> None:
    assert measures.charted(given) == (shown or given[1:3])


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (1024, "count", "1,024"),
        (93.5, "response_met", "93.5 %"),
        (100.0, "holding_share", "100 %"),
        (125, "resolution_median", "2 h 5 min"),
        (None, "resolution_median", "–"),
        (0, "returned", "0"),
    ],
)
def test_a_figure_has_its_unit(value: float | None, measure: str, text: str) -> None:
    assert measures.figure(value, measure) == text


def test_a_measure_is_named_as_a_person_would() -> None:
    assert measures.title_of("count", "affected_slas") == "Affected SLAs"
    assert measures.title_of("resolution_90th_percentile", "requests") == "Resolution, 90th percentile"
    assert measures.unit_in_words("response_median", "affected_slas") == "time within support hours"
    assert measures.counted_at("periods", None) == "periods ended"


def test_what_a_group_is_called() -> None:
    group = {"reach": "first_team", "account": "widget", "team": None}
    assert measures.group_in_words(group) == "Its first team · widget · none"
    assert measures.group_in_words({}) == "All"


@pytest.mark.parametrize(
    ("bucket", "first", "last", "text"),
    [
        ("day", "2026-01-05", "2026-01-05", "5 Jan 2026"),
        ("week", "2026-01-05", "2026-01-11", "5 Jan 2026 to 11 Jan 2026"),
        ("month", "2026-01-01", "2026-01-31", "Jan 2026"),
        ("month", "2026-01-01", "2026-01-09", "1 Jan 2026 to 9 Jan 2026"),
    ],
)
def test_a_bucket_says_its_days(bucket: str, first: str, last: str, text: str) -> None:
    assert measures.bucket_in_words({"bucket": first, "from": first, "until": last}, bucket) == text


def test_bars_are_the_largest_and_what_is_left_out_is_said() -> None:
    figures = [figure(f"Team {number}", count=number) for number in range(1, 16)]
    chart = charts.chart_of(report("count"), {**DAYS, "figures": figures})
    assert (chart.labels[0], len(chart.labels), chart.left_out) == ("Team 15", charts.MOST_BARS, 3)
    words = charts.in_words(chart, report("count"), {**DAYS, "figures": figures})
    assert "The most is 15: Team 15, Requests. 3 smaller ones are in the table only." in words


def test_a_line_falls_to_nothing_where_a_group_is_not_told_of() -> None:
    figures = [
        figure("A", "2026-01-01", count=2),
        figure("B", "2026-01-01", count=1),
        figure("A", "2026-01-02", count=3),
    ]
    chart = charts.chart_of(report("count", bucket="day"), {**DAYS, "figures": figures})
    assert dict(chart.series) == {"A": (2, 3), "B": (1, 0)}
    timed = [{**each, "values": {"resolution_median": 5}} for each in figures]
    of_times = charts.chart_of(report("resolution_median", bucket="day"), {**DAYS, "figures": timed})
    assert dict(of_times.series) == {"A": (5, 5), "B": (5, None)}


@pytest.mark.parametrize("bucket", ["day", None])
def test_names_are_text_in_a_picture_and_nothing_runs_in_it(bucket: str | None) -> None:
    at = "2026-01-01" if bucket else None
    hostile = "<script>alert(1)</script>\x0b&\x00]]>"
    figures = [
        figure(hostile, at, count=2),
        figure("B", at, count=1),
    ]
    told = {**DAYS, "figures": figures}
    root = ElementTree.fromstring(charts.drawn(charts.chart_of(report("count", bucket=bucket), told)))
    tags = {str(each.tag).rpartition("}")[2] for each in root.iter()}
    assert "svg" in tags
    assert not tags & {"script", "a", "image", "foreignObject", "use"}
    assert any("<script>" in (each.text or "") for each in root.iter())


@pytest.mark.parametrize("bucket", ["day", None])
@pytest.mark.parametrize("figures", [[], [figure("A", "2026-01-01", resolution_median=None)]])
def test_nothing_is_drawn_as_nothing(bucket: str | None, figures: list[Any]) -> None:
    told = {**DAYS, "figures": figures}
    wanted = report("resolution_median", bucket=bucket)
    chart = charts.chart_of(wanted, told)
    assert charts.in_words(chart, wanted, told).endswith("There is nothing to show.")
    assert ElementTree.fromstring(charts.drawn(chart)).tag.endswith("svg")


@pytest.mark.parametrize("most", [0, 1, 3, 5, 60, 4_000])
def test_no_two_lines_across_a_picture_say_the_same(most: int) -> None:
    told = {**DAYS, "figures": [figure("A", "2026-01-01", count=most)]}
    root = ElementTree.fromstring(charts.drawn(charts.chart_of(report("count", bucket="day"), told)))
    (axis,) = (each for each in root.iter() if each.get("class") == "axis y always_show")
    steps = [text for each in axis.iter() if (text := each.text or "").strip() and each.tag.endswith("text")]
    assert len(steps) > 1
    assert len(steps) == len(set(steps))


@pytest.mark.parametrize("values", [(0, 0), (9_000_000, 40, 1, 0), (3, 3, 1)])
def test_the_figure_of_a_bar_stands_behind_it_however_short_it_is(values: tuple[int, ...]) -> None:
    figures = [figure(f"Team {number}", holding=value) for number, value in enumerate(values)]
    told = {**DAYS, "figures": figures}
    root = ElementTree.fromstring(charts.drawn(charts.chart_of(report("holding"), told)))
    found = defaultdict(list)
    for each in root.iter():
        found[str(each.tag).rpartition("}")[2], each.get("class")].append(each)
    bars = found["rect", "rect reactive tooltip-trigger"]
    (plot,) = (float(each.get("width", 0)) for each in found["rect", "background"][1:])
    texts = found["text", "value"]
    assert len(texts) == len(bars) == len(values)
    for text in texts:
        bar = min(bars, key=lambda each: abs(middle(each) - float(text.get("y", 0))))
        begins = float(text.get("x", 0))
        assert begins > float(bar.get("x", 0)) + float(bar.get("width", 0))
        assert text.get("text-anchor") == "start"
        assert begins + 8 * len(text.text or "") <= plot


def middle(bar: ElementTree.Element) -> float:
    return float(bar.get("y", 0)) + float(bar.get("height", 0)) / 2
