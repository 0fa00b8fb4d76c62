"""handover.md table 3, one test per row: what the customer's account does, hears, sends and shows."""

from typing import Any

import pytest

from services.requests import model
from services.requests.model import (
    Clock,
    CompletionReason,
    IllegalMove,
    MirroredField,
    MissingFields,
    Status,
    Turn,
    Who,
)
from tests.unit.requests.accounts import COLLEAGUE, DESK, NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import (
    CAME_BACK,
    OPEN,
    at,
    decline,
    sent_by,
    shows_handing_team,
    shows_provider,
    turn,
)


def own() -> Federation:
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    return federation


def test_own_hand_over_gives_it_to_the_providers_team_in_a_new_episode():
    federation = own()
    step = federation.give("widget", "gigatera")
    assert sent_by(step) == ["handed_over → gigatera"]
    assert step.outgoing[0].body["episode"] == [1, 1]
    assert step.outgoing[0].body["core"]["subject"] == "Printer on fire"
    assert turn(federation) is Turn.WITH
    shows_provider(federation)
    assert step.request.supplier == federation["widget"].leads["gigatera"].organization


def test_asked_answer_puts_it_with_the_provider_again():
    federation = at(Turn.ASKED)
    question = federation.request("widget").below[0].question
    step = federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="The red one.")
    assert sent_by(step) == ["answered → gigatera"]
    assert step.outgoing[0].body["question"] == question
    assert step.outgoing[0].body["note"]["text"] == "The red one."
    assert step.outgoing[0].body["episode"] == [1, 1]
    assert turn(federation) is Turn.WITH
    shows_provider(federation)


def test_asked_answer_needs_a_note():
    federation = at(Turn.ASKED)
    with pytest.raises(MissingFields, match="note"):
        federation.edit("widget", team=federation.partners_team("widget", "gigatera"))


def test_returned_reject_the_solution_opens_a_new_episode():
    federation = at(Turn.RETURNED)
    step = federation.edit(
        "widget", team=federation.partners_team("widget", "gigatera"), note="Still burning."
    )
    assert sent_by(step) == ["reopened → gigatera"]
    assert step.outgoing[0].body["episode"] == [1, 2]
    assert step.outgoing[0].body["core"]["subject"] == "Printer on fire"
    assert step.outgoing[0].body["note"]["text"] == "Still burning."
    assert turn(federation) is Turn.WITH
    shows_provider(federation)


def test_returned_reject_the_solution_needs_a_note():
    federation = at(Turn.RETURNED)
    with pytest.raises(MissingFields, match="note"):
        federation.edit("widget", team=federation.partners_team("widget", "gigatera"))


@pytest.mark.parametrize("by", ["team", "service_instance"])
def test_refused_hand_over_again_opens_a_new_episode(by):
    federation = at(Turn.REFUSED)
    lead = federation["widget"].leads["gigatera"]
    asked: dict[str, Any] = {by: lead.team if by == "team" else lead.service_instance}
    step = federation.edit("widget", **asked)
    assert sent_by(step) == ["handed_over → gigatera"]
    assert step.outgoing[0].body["episode"] == [1, 2]
    assert turn(federation) is Turn.WITH
    shows_provider(federation)


@pytest.mark.parametrize("before", CAME_BACK)
def test_what_came_back_may_be_reassigned_among_own_teams(before):
    federation = at(before)
    step = federation.edit("widget", team=DESK, member=COLLEAGUE)
    assert sent_by(step) == []
    assert turn(federation) is before
    assert (step.request.status, step.request.team, step.request.member) == (
        Status.ASSIGNED,
        DESK,
        COLLEAGUE,
    )
    assert model.holder(step.request) == "widget"


def test_with_the_provider_an_own_team_takes_it_back():
    federation = at(Turn.WITH)
    step = federation.edit("widget", team=DESK, note="We do it.")
    assert sent_by(step) == ["recalled → gigatera"]
    assert step.outgoing[0].body["note"]["text"] == "We do it."
    assert turn(federation) is Turn.ENDED
    assert (step.request.status, step.request.team) == (Status.ASSIGNED, DESK)
    assert step.request.supplier is None
    assert model.holder(step.request) == "widget"


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_give_to_another_provider_ends_it_and_hands_over(before):
    federation = at(before)
    step = federation.give("widget", "globalnet")
    ending = "closed" if before is Turn.RETURNED else "recalled"
    assert sent_by(step) == [f"{ending} → gigatera", "handed_over → globalnet"]
    assert turn(federation) is Turn.ENDED
    assert turn(federation, provider="globalnet") is Turn.WITH
    assert step.request.team == federation.partners_team("widget", "globalnet")
    assert model.holder(step.request) == "globalnet"
    assert step.request.below[-1].handed_by.team == NETWORK
    federation.settle()
    assert federation.request("gigatera").live is False


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_complete_ends_it_with_the_own_reason_and_time(before):
    federation = at(before)
    theirs = federation.request("gigatera")
    step = federation.complete("widget", "gone", note="It is ash.")
    assert sent_by(step) == [("closed" if before is Turn.RETURNED else "recalled") + " → gigatera"]
    assert turn(federation) is Turn.ENDED
    request = step.request
    assert (request.status, request.completion_reason) == (Status.COMPLETED, CompletionReason.GONE)
    assert request.completed_at == request.updated_at
    assert request.team == NETWORK
    assert model.clock(request) is Clock.ENDED
    federation.settle()
    after = federation.request("gigatera")
    if theirs.live:
        assert after.completion_reason is CompletionReason.WITHDRAWN
    else:
        assert (after.completion_reason, after.completed_at) == (
            theirs.completion_reason,
            theirs.completed_at,
        )


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_the_requester_withdraws(before):
    federation = at(before)
    step = federation.edit("widget", who=Who.REQUESTER, status=Status.COMPLETED)
    assert sent_by(step) == [("closed" if before is Turn.RETURNED else "recalled") + " → gigatera"]
    assert step.request.completion_reason is CompletionReason.WITHDRAWN


def test_own_completed_reopen_is_own_and_open():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.settle()
    step = federation.edit("widget", status=Status.ASSIGNED)
    assert sent_by(step) == []
    assert turn(federation) is Turn.ENDED
    assert (step.request.status, step.request.team) == (Status.ASSIGNED, NETWORK)
    assert (step.request.completion_reason, step.request.completed_at) == (None, None)
    assert model.holder(step.request) == "widget"


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_trust_ended_brings_it_back_without_a_message(before):
    federation = at(before)
    account = federation["widget"]
    step = federation.post(
        "widget", model.trust_ended(federation.request("widget"), "gigatera", account.context())
    )
    assert sent_by(step) == []
    assert turn(federation) is Turn.ENDED
    shows_handing_team(federation)
    assert account.notes[step.request.id][-1].medium is model.Medium.SYSTEM


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.ACCEPTED},
        {"status": Status.WAITING_FOR_CUSTOMER, "note": "?"},
        {"status": Status.DECLINED, "note": "no"},
        {"member": COLLEAGUE},
        {"completion_reason": CompletionReason.SOLVED},
    ],
)
def test_while_the_provider_holds_mirrored_fields_are_refused_by_name(changes):
    federation = at(Turn.WITH)
    with pytest.raises(MirroredField) as refusal:
        federation.edit("widget", **changes)
    assert {field for field, _ in refusal.value.errors} == set(changes) - {"note"}
    assert refusal.value.code == "field_mirrored"
    assert all(text.startswith("shows what gigatera says") for _, text in refusal.value.errors)


def test_an_illegal_move_says_what_would_be_legal():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.settle()
    with pytest.raises(IllegalMove, match="Possible now: reopen") as refusal:
        federation.edit("widget", team=SUPPORT)
    assert refusal.value.legal == (model.Move.REOPEN,)
    with pytest.raises(IllegalMove, match="Possible now: reopen"):
        federation.give("widget", "gigatera")


def test_what_a_provider_refused_may_be_declined_up_the_own_trail():
    federation = own()
    federation.edit("widget", team=DESK)
    federation.give("widget", "gigatera")
    federation.settle()
    decline(federation, "gigatera")
    federation.settle()
    request = federation.request("widget")
    assert (request.team, turn(federation)) == (DESK, Turn.REFUSED)
    federation.edit("widget", status=Status.DECLINED, note="Nor ours.")
    assert federation.request("widget").team == NETWORK
