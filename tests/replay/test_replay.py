"""An incident log played over the public API, through accounts on real RabbitMQ and database processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interdesk.replay.log import choose, read_cases
from interdesk.replay.plan import plan
from interdesk.replay.report import Report
from interdesk.replay.run import Settings, replay
from interdesk.replay.shapes import covering
from interdesk.replay.steps import Plan

CASES = 60
pytestmark = [pytest.mark.slow]


def _play(plans: list[Plan], log: Path, directory: Path, tell: Callable[[str], None]) -> Report:
    report = replay(plans, directory, Settings())
    tell(f"replay: {len(plans)} cases of {log} in {report.seconds:.0f} s: {report.sum()}")
    return report


@pytest.mark.timeout(600)
def test_crossing_cases_of_every_shape_come_back_and_all_accounts_agree(
    incident_log: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    crossing = [plan(case) for case in choose(read_cases(incident_log), crossing=True)]
    plans = covering(crossing, CASES)
    report = _play(plans, incident_log, tmp_path, tell)
    assert not report.problems(), "\n".join(report.problems())
    assert report.well
    assert [case.played.steps for case in report.cases] == [len(found.steps) for found in plans]


@pytest.mark.soak
def test_the_whole_log_comes_back_and_all_accounts_agree(
    incident_log: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    plans = [plan(case) for case in read_cases(incident_log)]
    report = _play(plans, incident_log, tmp_path, tell)
    assert not report.problems(), "\n".join(report.problems())
    assert report.well
