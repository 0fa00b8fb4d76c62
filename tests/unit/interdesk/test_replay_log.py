"""The incident log's form is checked, and a fault is named by file, line and column."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from interdesk.replay.log import COLUMNS, LogError, choose, read_cases
from tests.replay.small_log import SCENARIOS, SMALL_LOG, small_log

HEADER = ",".join(COLUMNS)
GOOD = "1-1,0,Accepted,In Progress,Line North,N_1,N1,Medium,PROD1,0,Norway"


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_small_log_is_what_its_script_makes() -> None:
    assert SMALL_LOG.read_text(encoding="utf-8") == small_log()


def test_cases_come_in_file_order_with_their_events_and_line_numbers() -> None:
    cases = list(read_cases(SMALL_LOG))
    assert [case.id for case in cases] == [f"S-{number:03}" for number in range(1, len(SCENARIOS) + 1)]
    assert [len(case.events) for case in cases] == [len(scenario.split()) for scenario in SCENARIOS]
    lines = [event.line for case in cases for event in case.events]
    assert lines == list(range(2, len(lines) + 2))


def test_a_gzipped_log_is_read_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(SMALL_LOG.read_bytes()))
    assert list(read_cases(path)) == list(read_cases(SMALL_LOG))


def test_crossing_keeps_cases_of_more_than_one_line_and_first_counts_what_is_left() -> None:
    cases = list(read_cases(SMALL_LOG))
    crossing = choose(cases, crossing=True)
    assert [case.id for case in crossing] == [case.id for case in cases if case.crosses_lines]
    assert choose(cases, crossing=True, first=3) == crossing[:3]
    assert choose(cases, first=3) == cases[:3]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (GOOD.replace("In Progress", "Sleeping"), "line 2, column substatus: 'Sleeping'"),
        (
            GOOD.replace("In Progress", "Resolved"),
            "substatus: 'Resolved' is no substatus of 'Acc",
        ),
        (GOOD.replace("Medium", "Enormous"), "line 2, column impact: 'Enormous'"),
        (GOOD.replace(",0,Accepted", ",soon,Accepted"), "line 2, column seconds: 'soon'"),
        (GOOD.replace(",0,Accepted", ",-1,Accepted"), "line 2, column seconds: '-1'"),
        (GOOD.replace(",0,Accepted", ",7,Accepted"), "column seconds: 7: a case's first event is at 0"),
        (GOOD.replace("Line North", ""), "line 2, column organization: ''"),
        (GOOD.replace(",N1,", ",,"), "line 2, column team: ''"),
        (GOOD + ",more", "line 2: 12 columns, not 11"),
        ('"1-1,0', "line 2: it is not CSV"),
    ],
)
def test_a_line_that_does_not_fit_is_named(tmp_path: Path, line: str, named: str) -> None:
    path = write(tmp_path, HEADER, line)
    with pytest.raises(LogError) as raised:
        list(read_cases(path))
    assert str(raised.value).startswith(str(path))
    assert named in str(raised.value)


def test_time_does_not_run_backwards_within_a_case(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD, GOOD.replace(",0,Acc", ",9,Acc"), GOOD.replace(",0,Acc", ",8,Acc"))
    with pytest.raises(LogError, match="line 4, column seconds: 8 is before the 9 of line 3"):
        list(read_cases(path))


def test_the_lines_of_a_case_stand_together(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, GOOD, GOOD.replace("1-1", "1-2"), GOOD)
    with pytest.raises(LogError, match="line 4, column case: 1-1 comes again"):
        list(read_cases(path))


@pytest.mark.parametrize("content", [b"", b"case,seconds\n", HEADER.encode() + b"\n"])
def test_what_is_no_incident_log_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(LogError, match=r"the header is not|there is no event in it"):
        list(read_cases(path))


def test_what_is_no_text_or_cut_short_is_refused(tmp_path: Path) -> None:
    not_text = tmp_path / "bytes.csv"
    not_text.write_bytes(HEADER.encode() + b"\n\xff\xfe")
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(gzip.compress(SMALL_LOG.read_bytes())[:200])
    with pytest.raises(LogError, match="not UTF-8"):
        list(read_cases(not_text))
    with pytest.raises(LogError, match="can't be read"):
        list(read_cases(cut))
    with pytest.raises(LogError, match="can't be read"):
        list(read_cases(tmp_path / "nowhere.csv"))
