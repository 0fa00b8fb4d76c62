"""An incident log played over the public API, through accounts on real RabbitMQ and database processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from interdesk.api import Api
from interdesk.replay.lines import needs_of
from interdesk.replay.log import choose, read_cases
from interdesk.replay.plan import plan
from interdesk.replay.play import Clients
from interdesk.replay.report import Report
from interdesk.replay.run import Settings, Stage, Unwatched, federation, play_and_look_over, replay
from interdesk.replay.shapes import covering
from interdesk.replay.steps import Plan
from services.reporting.actions.founding import REPORTS
from tests.replay.known import KNOWN, case_of, line_of
from tests.replay.small_log import SMALL_LOG
from tests.reporting_oracle import Oracle
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    """As many as it takes to show every shape."""
    return covering([plan(case) for case in choose(read_cases(SMALL_LOG), crossing=True)], 0)


@pytest.fixture(scope="module")
def chain(plans: list[Plan]) -> tuple[str, ...]:
    """Three lines of the log that hand over to each other."""
    return next(path for one in plans for path in one.ends if len(path) == 3)


@pytest.fixture(scope="module")
def known(plans: list[Plan], chain: tuple[str, ...]) -> list[Plan]:
    teams = {each.line: next(iter(each.teams), "Second line") for each in needs_of(plans)}
    return [plan(case_of(each, number, chain, teams)) for number, each in enumerate(KNOWN)]


@pytest.fixture(scope="module")
def stage(plans: list[Plan], known: list[Plan], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One federation for both ways to play: its clock can be moved, and is not until the second."""
    directory = tmp_path_factory.mktemp("replay")
    with federation([*plans, *known], directory, Settings(by_the_log=True), Unwatched()) as found:
        yield found


@pytest.mark.timeout(600)
def test_crossing_cases_of_every_shape_come_back_and_all_accounts_agree(
    stage: Stage, plans: list[Plan], tell: Callable[[str], None]
) -> None:
    report = play_and_look_over(plans, stage, Settings(), Unwatched())
    tell(f"replay: {len(plans)} cases of {SMALL_LOG.name} in {report.seconds:.0f} s: {report.sum()}")
    _all_is_well(report)
    assert [case.played.steps for case in report.cases] == [len(found.steps) for found in plans]


@pytest.mark.timeout(300)
def test_by_the_logs_clock_targets_are_met_and_breached_as_reckoned_by_hand(
    stage: Stage, known: list[Plan], chain: tuple[str, ...], tell: Callable[[str], None]
) -> None:
    report = play_and_look_over(known, stage, Settings(by_the_log=True), Unwatched())
    assert report.span is not None
    late = report.span.latest.total_seconds()
    tell(f"replay: {len(known)} cases by their own clock in {report.seconds:.0f} s, {late:.1f} s late")
    _all_is_well(report)
    for expected, case in zip(KNOWN, report.cases, strict=True):
        of_line = {path[-1]: kept for path, kept in case.kept.items()}
        assert of_line.keys() == {line_of(letter, chain) for letter in expected.ends}
        for letter, (response, resolution, held, in_support_hours) in expected.ends.items():
            kept = of_line[line_of(letter, chain)]
            outcomes = [(each.response, each.resolution) for each in kept.promises]
            assert outcomes == [(response, resolution)], (expected.words, letter)
            minutes = (kept.duration, kept.support_hours_duration)
            assert minutes == pytest.approx((held * 60, in_support_hours * 60), abs=late / 60 + 1)


@pytest.mark.timeout(300)
def test_every_figure_of_every_account_is_what_a_plain_loop_over_its_records_gives(stage: Stage) -> None:
    assert stage.clock is not None
    clients, handovers = Clients(stage.lines), 0
    for line in stage.lines.values():
        api = clients[line.name]
        oracle = Oracle(api.get, stage.clock.now(), line.account.id)
        for made in api.get_all("reports"):
            if made["sourceID"] not in REPORTS:
                continue
            report = api.get(f"reports/{made['id']}")
            expected = oracle.figures(report, "UTC")
            wait_until(partial(_told_alike, api, oracle, report, expected), deadline_seconds=60)
            handovers += sum(values.get("handovers", 0) for values in expected.values())
    assert handovers > 0


def _told_alike(api: Api, oracle: Oracle, report: dict[str, Any], expected: dict[Any, Any]) -> bool:
    told = api.get(f"reports/{report['id']}/figures", time_zone="UTC")["figures"]
    wrong = oracle.differences(report, told, expected)
    if wrong:
        print(report["name"], wrong)  # noqa: T201  # shown when it stays so
    return not wrong


@pytest.mark.soak
def test_the_whole_log_comes_back_and_all_accounts_agree(
    incident_log: Path, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    plans = [plan(case) for case in read_cases(incident_log)]
    report = replay(plans, tmp_path, Settings())
    tell(f"replay: {len(plans)} cases of {incident_log} in {report.seconds:.0f} s: {report.sum()}")
    _all_is_well(report)


def _all_is_well(report: Report) -> None:
    assert not report.problems(), "\n".join(report.problems())
    assert report.well
