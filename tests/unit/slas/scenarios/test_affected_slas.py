"""The table that says what becomes of affected SLAs (`affected_slas.txt`), played."""

from __future__ import annotations

import pytest

from tests.unit.slas.scenarios.played import Scenario, played, scenarios

SCENARIOS = list(scenarios())


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.title)
def test_affected_slas_follow_their_request(scenario: Scenario):
    assert played(scenario) == list(scenario.rows)


def test_the_table_is_read_whole():
    assert sum(len(each.rows) for each in SCENARIOS) > 100
    assert {each.account for each in SCENARIOS} == {"widget", "gigatera"}
