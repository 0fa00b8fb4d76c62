"""Figures are sums: of whatever parts they are made, they are those of the whole."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.reporting.model import cells
from services.reporting.model.days import (
    Span,
    begins,
    bucket_of,
    buckets,
    day_of,
    runs,
    utc_days,
    utc_days_of,
)
from services.reporting.model.sketch import RELATIVE_ERROR, bucket, quantile
from services.reporting.model.subjects import COUNT, SUBJECTS, Form, Measure

MEASURES = (COUNT, Measure(Form.TOTAL, "m"), Measure(Form.QUANTILE, "m"), Measure(Form.PERCENT, "met", "n"))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "team": st.sampled_from([1, 2, None]),
            "m": st.one_of(st.none(), st.integers(0, 10_000_000)),
            "met": st.integers(0, 1),
            "n": st.just(1),
        }
    ),
    max_size=30,
)
ZONES = st.sampled_from(["UTC", "Asia/Kolkata", "America/St_Johns", "Europe/Amsterdam", "Pacific/Apia"])


def counted(rows: list[dict[str, Any]]) -> cells.Cells:
    return cells.counted(rows, ("team",), MEASURES)


@given(ROWS, ROWS)
def test_cells_of_parts_add_up_to_those_of_the_whole(one: list[Any], other: list[Any]) -> None:
    assert cells.added(cells.added({}, counted(one)), counted(other)) == counted([*one, *other])


@given(ROWS)
def test_cells_come_back_from_their_documents(rows: list[Any]) -> None:
    assert cells.of_documents(cells.to_documents(counted(rows))) == counted(rows)


@given(ROWS)
def test_adding_changes_nothing_of_what_is_added(rows: list[Any]) -> None:
    part = counted(rows)
    cells.added(cells.added({}, part), part)
    assert part == counted(rows)


@given(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_percentile_is_off_by_a_percent_and_half_a_minute_at_most(values: list[int], share: float) -> None:
    sketch: dict[str, int] = {}
    for value in values:
        sketch[bucket(value)] = sketch.get(bucket(value), 0) + 1
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    told = quantile(sketch, share)
    assert told is not None
    assert abs(told - exact) <= RELATIVE_ERROR * exact + 0.5


def test_where_nothing_was_measured_there_is_no_figure() -> None:
    empty = cells.new_cell()
    assert cells.figure(COUNT, empty, empty) == 0
    assert cells.figure(Measure(Form.PERCENT, "met"), empty, empty) is None
    assert cells.figure(Measure(Form.QUANTILE, "m"), empty, empty) is None


def test_a_share_is_of_all_groups_of_its_bucket() -> None:
    found = cells.counted([{"a": 1, "m": 1}, {"a": 2, "m": 3}], ("a",), [Measure(Form.SHARE, "m")])
    all_ = cells.whole(found)
    assert [cells.figure(Measure(Form.SHARE, "m"), each, all_) for each in found.values()] == [25.0, 75.0]


@given(st.integers(1_577_836_800, 1_893_456_000), ZONES)
@example(1_289_098_000, "America/St_Johns")  # a minute after midnight clocks go back to the evening before
def test_every_moment_is_within_its_day_and_a_day_within_what_it_touches(at: int, zone: str) -> None:
    moment = datetime.fromtimestamp(at, UTC)
    day = day_of(moment, zone)
    span = Span(day, day, zone)
    assert span.since <= moment < span.until
    assert moment.date().isoformat() in utc_days(span)
    assert utc_days_of(span) == {day: utc_days(span)}


@given(st.dates(date(2020, 1, 1), date(2025, 1, 1)), st.integers(0, 120), ZONES)
def test_buckets_hold_each_day_of_a_span_once(first: date, more: int, zone: str) -> None:
    span = Span(first, date.fromordinal(first.toordinal() + more), zone)
    for bucket_ in ("day", "week", "month"):
        found = buckets(span, bucket_)
        assert [day for _, within in found for day in within.days] == span.days
        assert all(bucket_of(day, bucket_) == begun for begun, within in found for day in within.days)


def test_a_day_begins_where_its_clocks_are() -> None:
    assert begins(date(2026, 3, 29), "Europe/Amsterdam") == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert begins(date(2026, 3, 30), "Europe/Amsterdam") == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_days_are_put_together_without_their_gaps() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 4)]
    assert [(run.first.day, run.last.day) for run in runs(days, "UTC")] == [(1, 2), (4, 4)]
    assert list(runs([], "UTC")) == []


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_every_subject_is_counted_at_its_usual_moment(name: str) -> None:
    assert SUBJECTS[name].measures["count"] is COUNT
    assert SUBJECTS[name].moments
