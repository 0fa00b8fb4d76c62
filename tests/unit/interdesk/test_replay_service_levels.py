"""What became of the promises of a case, and whose time it took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from interdesk.commands import replay as command
from interdesk.replay.log import read_cases
from interdesk.replay.plan import plan
from interdesk.replay.play import Played
from interdesk.replay.report import CaseReport, Report
from interdesk.replay.service_levels import Kept, Outcome, Promise, outcome
from interdesk.replay.timed import Span
from tests.replay.small_log import SMALL_LOG

MET, BREACHED, OPEN, NOT_OWED = Outcome
START = datetime(2027, 1, 4, 8, tzinfo=UTC)
HOUR = 60  # minutes


@pytest.mark.parametrize(
    ("target", "actual", "owed", "what"),
    [
        ("2027-01-04T09:00:00Z", "2027-01-04T09:00:00Z", True, MET),
        ("2027-01-04T09:00:00Z", "2027-01-04T09:00:00.001Z", True, BREACHED),
        ("2027-01-04T09:00:00Z", None, True, OPEN),
        (None, None, True, OPEN),  # the clock stands
        (None, None, False, NOT_OWED),
        (None, "2027-01-04T09:00:00Z", True, NOT_OWED),
    ],
)
def test_a_target_is_met_until_its_last_moment(
    target: str | None, actual: str | None, owed: bool, what: Outcome
) -> None:
    assert outcome(target, actual, owed=owed) is what


@pytest.fixture
def report() -> Report:
    """Two cases of the small log; of each, what North and East made of it."""
    plans = [plan(case) for case in read_cases(SMALL_LOG) if case.id in ("S-009", "S-011")]
    end_to_end, for_north = "Incidents, end to end", "Incidents for Line North"
    kept = [
        [Kept((Promise(end_to_end, MET, BREACHED),), 1 * HOUR, 1 * HOUR)],
        [Kept((Promise(end_to_end, MET, MET),), 30 * HOUR, 12 * HOUR)],
    ]
    kept[0].append(Kept((Promise(for_north, BREACHED, NOT_OWED),), 24 * HOUR, 10 * HOUR))
    kept[1].append(Kept((Promise(for_north, MET, OPEN),), 2 * HOUR, 0 * HOUR))
    cases = [
        CaseReport(Played(one), kept=dict(zip(one.ends, of, strict=True)))
        for one, of in zip(plans, kept, strict=True)
    ]
    ids = {"Line North": "north", "Line East": "east"}
    span = Span(START, START + timedelta(hours=99), timedelta(seconds=2.04))
    return Report(ids, cases, {}, {}, 1.0, span)


def test_promises_are_summed_by_account_and_for_whom(report: Report) -> None:
    east, north = report.to_document()["service_levels"]
    assert (east["account"], east["for"], north["account"], north["for"]) == (
        "east",
        "customers",
        "north",
        "own users",
    )
    assert east["response"] == {"met": 1, "breached": 1, "open": 0, "not owed": 0}
    assert east["resolution"] == {"met": 0, "breached": 0, "open": 1, "not owed": 1}
    assert north["resolution"] == {"met": 1, "breached": 1, "open": 0, "not owed": 0}
    assert (east["requests"], east["affected_slas"]) == (2, 2)
    assert (north["duration"], north["support_hours_duration"]) == (31 * HOUR, 13 * HOUR)
    assert report.to_document()["clock"]["latest_step_seconds"] == 2.0
    of_case = report.to_document()["cases"][0]["accounts"][1]
    assert of_case["affected_slas"] == [
        {"sla": "Incidents for Line North", "response": "breached", "resolution": "not owed"}
    ]


def test_a_manager_reads_what_was_met_and_breached(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    command._tell(report, 10)
    shown = capsys.readouterr()
    east = next(line for line in shown.out.splitlines() if line.startswith("east") and "customers" in line)
    assert "1 met, 1 breached" in east
    assert "1 open, 1 not owed" in east
    assert "26.0 h" in east
    assert "from 2027-01-04 08:00 to 2027-01-08 11:00 UTC; a step was 2 s late at most" in shown.err


def test_by_the_computers_clock_nothing_is_said_of_service_levels(report: Report) -> None:
    for case in report.cases:
        case.kept = {}
    report.span = None
    assert not {"clock", "service_levels"} & report.to_document().keys()
