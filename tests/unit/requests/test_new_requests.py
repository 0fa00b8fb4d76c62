"""A request is registered: who it is for, which team gets it, and what its trail begins with."""

import pytest

from services.requests.model import CompletionReason, MissingFields, Status, Who
from tests.unit.requests.accounts import DESK, INSTANCE, NETWORK, REQUESTER, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation


def test_a_new_request_without_a_team_goes_to_the_instances_team_else_to_the_service_desk():
    assert Federation().create("widget").team == DESK
    assert Federation().create("widget", service_instance=INSTANCE).team == SUPPORT
    assert Federation().create("widget", team=NETWORK, service_instance=INSTANCE).team == NETWORK


def test_without_requested_by_and_for_the_caller_is_both():
    request = Federation().create("widget", requested_by=None, requested_for=None)
    assert (request.requested_by, request.requested_for, request.created_by) == (SPECIALIST,) * 3
    assert request.core.requester == "Sam"
    other = Federation().create("widget", requested_for=None)
    assert other.requested_for == REQUESTER


@pytest.mark.parametrize("who", [Who.SPECIALIST, Who.REQUESTER])
def test_straight_on_a_partners_service_instance_the_service_desk_is_at_the_head_of_the_trail(who):
    federation = Federation()
    instance = federation["widget"].leads["gigatera"].service_instance
    request = federation.create("widget", who, service_instance=instance, note="Please.")
    assert request.team == federation.partners_team("widget", "gigatera")
    assert [entry.team for entry in request.trail] == [DESK]
    federation.settle()
    federation.complete("gigatera")
    federation.settle()
    assert federation.request("widget").team == DESK


def test_a_new_request_may_be_completed_at_once():
    request = Federation().create(
        "widget",
        status=Status.COMPLETED,
        completion_reason=CompletionReason.SOLVED,
        note="First call.",
        member=SPECIALIST,
    )
    assert (request.status, request.completion_reason) == (Status.COMPLETED, CompletionReason.SOLVED)


def test_a_new_request_has_a_subject_and_a_category():
    with pytest.raises(MissingFields, match="subject"):
        Federation().create("widget", subject=None)
