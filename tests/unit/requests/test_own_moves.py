"""Moves within one account: assign, accept, wait, decline up the trail, complete, reopen, withdraw."""

from datetime import timedelta

import pytest

from services.requests import model
from services.requests.model import (
    CompletionReason,
    IllegalMove,
    InvalidField,
    Medium,
    MissingFields,
    Ref,
    Status,
    Turn,
    Who,
)
from services.requests.model.own import MAX_TRAIL
from tests.unit.requests.accounts import (
    COLLEAGUE,
    DESK,
    INSTANCE,
    NETWORK,
    SPECIALIST,
    START,
    SUPPORT,
)
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, registered

TOMORROW = START + timedelta(days=1)
SPEAKERS = [Who.REQUESTER, Who.KEY_CONTACT, Who.REPRESENTATIVE]


def test_another_team_is_assigned_without_member_and_the_trail_remembers_who_handed_it_on():
    federation = registered(member=SPECIALIST)
    request = federation.edit("widget", team=NETWORK).request
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, None)
    assert [(entry.team, entry.member) for entry in request.trail] == [(SUPPORT, SPECIALIST)]
    assert request.assignment_count == 2


def test_the_trail_keeps_its_head_and_its_newest_steps():
    federation = registered()
    for n in range(MAX_TRAIL + 10):
        federation.edit("widget", team=[NETWORK, DESK][n % 2])
    trail = federation.request("widget").trail
    assert len(trail) == MAX_TRAIL
    assert trail[0].team == SUPPORT


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.IN_PROGRESS])
def test_who_accepts_or_starts_what_nobody_has_becomes_member(status):
    federation = registered()
    assert federation.edit("widget", status=status).request.member == SPECIALIST
    federation.edit("widget", member=COLLEAGUE)
    assert federation.edit("widget", status=status).request.member == COLLEAGUE


def test_but_only_a_member_of_the_team():
    federation = registered(team=Ref(9, "Elsewhere"))
    assert federation.edit("widget", status=Status.IN_PROGRESS).request.member is None


def test_another_member_has_it_assigned_and_who_takes_it_keeps_the_status():
    federation = registered()
    federation.edit("widget", status=Status.IN_PROGRESS, member=COLLEAGUE)
    assert federation.request("widget").status is Status.IN_PROGRESS
    assert federation.edit("widget", member=SPECIALIST).request.status is Status.IN_PROGRESS
    assert federation.edit("widget", member=COLLEAGUE).request.status is Status.ASSIGNED


def test_a_member_belongs_to_the_team():
    federation = registered()
    with pytest.raises(InvalidField, match="not a member"):
        federation.edit("widget", member=COLLEAGUE, facts={"member_of_team": False})
    with pytest.raises(InvalidField, match="not a member"):
        federation.edit("widget", member=Ref(7, "Stranger", "gigatera"))


def test_a_partners_team_needs_a_service_instance_that_leads_there():
    federation = registered()
    with pytest.raises(InvalidField, match="service_instance_id"):
        federation.edit("widget", team=federation.partners_team("widget", "gigatera"))


def test_a_service_instance_without_an_active_agreement_is_refused():
    federation = registered()
    with pytest.raises(InvalidField, match="agreement"):
        federation.edit("widget", service_instance=Ref(99, "Secret", "gigatera"))


def test_waiting_for_ends_by_itself_when_its_time_has_come():
    federation = registered()
    until = START + timedelta(hours=1)
    request = federation.edit("widget", status=Status.WAITING_FOR, waiting_until=until).request
    account = federation["widget"]
    assert model.due(request, account.context()).request == request
    account.minutes = 60
    after = model.due(request, account.context()).request
    assert (after.status, after.waiting_until) == (Status.ASSIGNED, None)


def test_waiting_until_goes_with_waiting_for_only():
    federation = registered()
    with pytest.raises(InvalidField, match="waiting_for"):
        federation.edit("widget", waiting_until=TOMORROW)
    federation.edit("widget", status=Status.WAITING_FOR)
    assert federation.edit("widget", waiting_until=TOMORROW).request.waiting_until == TOMORROW
    assert federation.edit("widget", status=Status.ASSIGNED).request.waiting_until is None


@pytest.mark.parametrize("status", [Status.WAITING_FOR, Status.ASSIGNED])
def test_nothing_waits_until_a_time_that_is_over(status):
    federation = registered()
    if status is Status.ASSIGNED:
        federation.edit("widget", status=Status.WAITING_FOR, waiting_until=TOMORROW)
    with pytest.raises(InvalidField, match="in the past") as refused:
        federation.edit("widget", status=Status.WAITING_FOR, waiting_until=START - timedelta(seconds=1))
    assert [field for field, _ in refused.value.errors] == ["waiting_until"]


def test_the_requesters_note_ends_a_wait_for_the_requester():
    federation = registered()
    with pytest.raises(MissingFields, match="note"):
        federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER)
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="Which printer?")
    federation.edit("widget", note="(still waiting)")
    assert federation.request("widget").status is Status.WAITING_FOR_CUSTOMER
    federation.edit("widget", who=Who.REQUESTER, note="The red one.")
    assert federation.request("widget").status is Status.ASSIGNED


def test_declined_by_a_member_goes_back_to_the_team_or_its_coordinator():
    federation = registered(member=SPECIALIST)
    request = federation.edit("widget", status=Status.DECLINED, note="No.").request
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, SUPPORT, None)

    federation = registered(member=SPECIALIST)
    boss = {"coordinator": COLLEAGUE}
    request = federation.edit("widget", status=Status.DECLINED, note="No.", facts=boss).request
    assert request.member == COLLEAGUE
    request = federation.edit("widget", status=Status.DECLINED, note="Nor I.", facts=boss).request
    assert (request.team, request.member) == (SUPPORT, None)


def test_declined_without_a_member_goes_back_to_who_assigned_it_repeatedly():
    federation = registered(team=DESK)
    federation.edit("widget", team=SUPPORT)
    federation.edit("widget", team=NETWORK)
    teams = [
        federation.edit("widget", status=Status.DECLINED, note=f"No {n}.").request.team for n in range(2)
    ]
    assert teams == [SUPPORT, DESK]
    system = [n for n in federation["widget"].notes[101] if n.medium is Medium.SYSTEM]
    assert [n.text for n in system] == ["Network declined the request.", "Support declined the request."]


def test_declined_after_it_was_taken_back_by_another_team_goes_to_the_one_that_had_handed_it_over():
    federation = Federation((("widget", "gigatera"),))
    federation.create("widget", team=SUPPORT)
    federation.give("widget", "gigatera")
    federation.settle()
    federation.edit("widget", team=NETWORK)
    request = federation.edit("widget", status=Status.DECLINED, note="Not ours.").request
    assert (request.status, request.team) == (Status.ASSIGNED, SUPPORT)


def test_declined_without_a_previous_team_goes_to_the_service_desk_or_is_not_possible():
    federation = registered(team=SUPPORT)
    assert federation.edit("widget", status=Status.DECLINED, note="No.").request.team == DESK
    with pytest.raises(IllegalMove, match="nobody is left"):
        federation.edit("widget", status=Status.DECLINED, note="No.")


def test_complete_needs_a_reason_and_a_note():
    federation = registered()
    with pytest.raises(MissingFields) as refusal:
        federation.edit("widget", status=Status.COMPLETED)
    assert [field for field, _ in refusal.value.errors] == ["completion_reason", "note"]
    with pytest.raises(InvalidField, match="declined"):
        federation.complete("widget", "declined")
    with pytest.raises(InvalidField, match="status completed"):
        federation.edit("widget", completion_reason=CompletionReason.SOLVED)


def test_completed_at_once_with_an_assignment_keeps_both():
    federation = registered()
    request = federation.complete("widget", team=NETWORK, member=COLLEAGUE).request
    assert (request.team, request.member, request.status) == (NETWORK, COLLEAGUE, Status.COMPLETED)


def test_reopened_counts_and_goes_to_the_same_team():
    federation = registered()
    federation.complete("widget")
    request = federation.edit("widget", status=Status.IN_PROGRESS).request
    assert (request.status, request.team, request.reopen_count) == (Status.IN_PROGRESS, SUPPORT, 1)
    assert request.completed_at is None


def test_the_requester_withdraws_and_reopens_what_was_withdrawn_with_a_reason():
    federation = registered()
    request = federation.edit("widget", who=Who.REQUESTER, status=Status.COMPLETED).request
    assert request.completion_reason is CompletionReason.WITHDRAWN
    with pytest.raises(MissingFields, match="note"):
        federation.edit("widget", who=Who.REQUESTER, status=Status.ASSIGNED)
    request = federation.edit("widget", who=Who.REQUESTER, status=Status.ASSIGNED, note="It is back.").request
    assert request.status is Status.ASSIGNED
    federation.complete("widget")
    with pytest.raises(IllegalMove, match="only a withdrawn request"):
        federation.edit("widget", who=Who.REQUESTER, status=Status.ASSIGNED, note="Again.")


def test_what_nobody_may_change_is_refused_by_name():
    federation = registered()
    with pytest.raises(InvalidField) as refusal:
        federation.edit("widget", reopen_count=7)
    assert [field for field, _ in refusal.value.errors] == ["reopen_count"]


def test_an_own_service_instance_takes_it_back_to_the_team_of_that_instance():
    federation = at(Turn.WITH)
    request = federation.edit("widget", service_instance=INSTANCE).request
    assert (request.team, request.service_instance) == (SUPPORT, INSTANCE)
    assert request.link is None


def test_legal_moves_are_those_that_would_not_be_refused():
    federation = registered()
    request, actor = federation.request("widget"), federation["widget"].actor()
    moves = model.legal_moves(request, actor, federation["widget"].facts(request, {}))
    assert model.Move.COMPLETE in moves
    assert model.Move.HAND_OVER not in moves
    toward = {"service_instance": federation["widget"].leads["gigatera"].service_instance}
    assert model.Move.HAND_OVER in model.legal_moves(
        request, actor, federation["widget"].facts(request, toward)
    )
