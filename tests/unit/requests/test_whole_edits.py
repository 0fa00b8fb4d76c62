"""An edit may say what the request shows already, or say one thing with several fields."""

from datetime import timedelta

import pytest

from services.requests.model import InvalidField, Status, Turn
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SPECIALIST, START, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, sent_by, turn


@pytest.mark.parametrize("stage", [Turn.WITH, Turn.ASKED, Turn.RETURNED])
def test_the_service_instance_that_stands_already_needs_no_agreement(stage: Turn) -> None:
    federation = at(stage)
    standing = federation.request("widget").service_instance
    step = federation.edit("widget", service_instance=standing, facts={"lead": None})
    assert (sent_by(step), turn(federation)) == ([], stage)


def test_an_own_team_takes_it_back_though_the_partners_service_instance_is_named_again() -> None:
    federation = at(Turn.WITH)
    standing = federation.request("widget").service_instance
    step = federation.edit("widget", service_instance=standing, team=SUPPORT)
    assert sent_by(step) == ["recalled → gigatera"]
    assert step.request.team == SUPPORT


def test_taken_back_without_a_team_it_is_the_handing_teams_with_the_member_named() -> None:
    federation = at(Turn.WITH)
    step = federation.edit("widget", service_instance=None, member=COLLEAGUE)
    assert sent_by(step) == ["recalled → gigatera"]
    assert (step.request.team, step.request.member) == (NETWORK, COLLEAGUE)


def test_taken_back_without_team_and_member_it_is_theirs_who_handed_it_over() -> None:
    step = at(Turn.WITH).edit("widget", service_instance=None)
    assert (step.request.team, step.request.member) == (NETWORK, SPECIALIST)


def test_no_time_to_wait_until_is_right_in_any_status() -> None:
    federation = Federation()
    federation.create("widget")
    federation.edit("widget", status=Status.WAITING_FOR, waiting_until=START + timedelta(days=1))
    after = federation.edit("widget", status=Status.IN_PROGRESS, waiting_until=None).request
    assert (after.status, after.waiting_until) == (Status.IN_PROGRESS, None)


def test_a_new_request_goes_to_a_partners_team_by_its_service_instance_only() -> None:
    federation = Federation()
    team = federation["widget"].leads["gigatera"].team
    with pytest.raises(InvalidField, match="set service_instance_id"):
        federation.create("widget", team=team)
