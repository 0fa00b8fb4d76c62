"""Workbooks as a spreadsheet program reads them."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway import workbooks
from gateway.files import Table, file_of
from services.common.errors import Invalid, Unavailable

TEXTS = [
    *("=2+2", "{=1+1}", "+1", "-1", "@SUM(A1)", "\t=1"),
    *("https://widget.example", "mailto:sam@widget.example", "007", "1e5", "TRUE", "'a"),
    *(" kept as it is ", '<b> & "c"', "one\ntwo", "Zürich 漢字 🙂"),
]


def sheet(table: Table) -> Any:
    content = file_of("xlsx", "made", table).get_data()
    return openpyxl.load_workbook(io.BytesIO(content)).active


def test_a_text_stays_the_text_that_it_is() -> None:
    cells = sheet(Table(["name"], [[each] for each in TEXTS], "UTC"))["A"][1:]
    assert [each.value for each in cells] == TEXTS
    assert {each.data_type for each in cells} <= {"s", "inlineStr"}
    assert not any(each.hyperlink for each in cells)


def test_a_head_is_text_too() -> None:
    head = sheet(Table(["=1+1"], [], "UTC"))["A1"]
    assert head.value == "=1+1"
    assert head.data_type != "f"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("UTC", "2026-03-29T00:30:00"),
        ("Europe/Amsterdam", "2026-03-29T01:30:00"),
        ("America/Chicago", "2026-03-28T19:30:00"),
    ],
)
def test_a_time_is_a_cell_of_the_zones_clock(zone: str, shown: str) -> None:
    cell = sheet(Table(["at"], [[datetime(2026, 3, 29, 0, 30, tzinfo=UTC)]], zone))["A2"]
    assert (cell.is_date, cell.value.isoformat()) == (True, shown)


def test_days_numbers_and_yes_or_no_are_cells_of_their_kind_and_nothing_is_none() -> None:
    made = sheet(
        Table(["day", "count", "share", "open", "none"], [[date(2026, 2, 28), 17, 33.5, True, None]], "UTC")
    )
    day, *others = made[2]
    assert (day.is_date, f"{day.value:%Y-%m-%d}", day.number_format) == (True, "2026-02-28", "yyyy-mm-dd")
    assert [each.value for each in others] == [17, 33.5, True, None]


def test_the_head_line_stays_and_says_in_what_numbers_are() -> None:
    made = sheet(Table(["team", "holding"], [[{"id": 5, "name": "Desk"}, 90]], "UTC", {"holding": "minutes"}))
    assert [each.value for each in made[1]] == ["team", "holding (minutes)"]
    assert [each.value for each in made[2]] == ["Desk", 90]
    assert made.freeze_panes == "A2"


def test_columns_are_as_wide_as_what_they_hold_within_reason() -> None:
    made = sheet(Table(["short", "long", "longest"], [["a", "b" * 30, "c" * 500]], "UTC"))
    short, long, longest = (made.column_dimensions[name].width for name in "ABC")
    assert 8 <= short < 15 < 30 <= long < 40 < longest < 70


class _Many(Sequence[Any]):
    """So many lines, none of which may be looked at."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: Any) -> Any:
        raise AssertionError("nothing is written")


def test_more_than_a_sheet_holds_is_refused_before_it_begins() -> None:
    with pytest.raises(Invalid) as refused:
        file_of("xlsx", "made", Table(["id"], _Many(workbooks.MAX_ROWS), "UTC"))
    assert refused.value.code == "too_many_rows"


def test_the_answer_says_what_it_is_and_how_large() -> None:
    answer = file_of("xlsx", "report-5", Table(["id"], [[1]], "UTC"))
    assert answer.mimetype == workbooks.TYPE
    assert answer.headers["Content-Disposition"] == "attachment; filename=report-5.xlsx"
    assert answer.content_length == len(answer.get_data())


def test_what_breaks_off_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def lines() -> Iterator[list[str]]:
        yield ["one"]
        raise Unavailable

    with pytest.raises(Unavailable):
        workbooks.written(["name"], lines(), 2, "UTC")
    assert not list(tmp_path.iterdir())
