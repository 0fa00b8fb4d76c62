"""Steps are played one after another at the times of the log, and the clock is moved in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from interdesk.replay.log import read_cases
from interdesk.replay.plan import plan
from interdesk.replay.play import Played
from interdesk.replay.steps import Plan
from interdesk.replay.timed import make_clock, play_timed
from interdesk.replay.timetable import timetable
from services.common.clock import MovedClock
from tests.replay.small_log import SMALL_LOG


class OnPaper:
    """Plays as foretold, but for one step, and keeps when it did what."""

    def __init__(self, clock: MovedClock, fails: tuple[str, int] = ("", 0)) -> None:
        self.at: list[datetime] = []
        self.did: list[str] = []
        self._clock, self._fails = clock, fails

    def play_next(self, played: Played) -> bool:
        id = played.plan.case.id
        self.at.append(self._clock.now())
        self.did.append(id)
        if self._fails == (id, played.steps):
            played.problem = "it is not as foretold"
            return False
        played.steps += 1
        return True

    def come_to_rest(self, played: Played) -> None:
        self.did.append("rest")


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [plan(case) for case in read_cases(SMALL_LOG)][8:14]


@pytest.fixture
def clock(tmp_path: Path) -> MovedClock:
    return make_clock(tmp_path / "clock")


def test_each_step_is_played_at_its_time_and_after_the_one_before_is_at_rest(
    plans: list[Plan], clock: MovedClock
) -> None:
    player = OnPaper(clock)
    played, span = play_timed(player, plans, clock)
    table = timetable(plans, span.since)
    for due, at in zip(table, player.at, strict=True):
        assert timedelta(0) <= at - due.at <= span.latest + timedelta(seconds=1)
    assert player.did[0::2] == [plans[due.case].case.id for due in table]
    assert set(player.did[1::2]) == {"rest"}
    assert [one.plan for one in played] == plans
    assert all(one.is_over and one.problem is None for one in played)
    assert span.latest < timedelta(minutes=1)
    assert span.until - span.since >= table[-1].at - span.since


def test_a_case_with_a_problem_ends_there_and_the_others_go_on(plans: list[Plan], clock: MovedClock) -> None:
    counted: list[None] = []
    player = OnPaper(clock, fails=(plans[2].case.id, 1))
    played, _ = play_timed(player, plans, clock, done=lambda: counted.append(None))
    assert [one.steps for one in played] == [
        1 if number == 2 else len(one.plan.steps) for number, one in enumerate(played)
    ]
    assert len(counted) == sum(len(one.steps) for one in plans)
