"""handover.md table 4, the rows in which the provider acts: what it says, and what its clock does."""

import pytest

from services.requests import model
from services.requests.model import Clock, CompletionReason, IllegalMove, Status, Turn
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SUPPORT
from tests.unit.requests.stages import WORKING, at, holder, sent_by, turn


@pytest.mark.parametrize("status", WORKING)
def test_work_a_change_of_status_is_progressed_and_the_clock_runs(status):
    federation = at(Turn.WITH)
    federation.edit("gigatera", status=Status.ASSIGNED)
    federation.settle()
    step = federation.edit("gigatera", status=status)
    assert sent_by(step) == ["progressed → widget"]
    assert model.clock(step.request) is Clock.RUNNING
    federation.settle()
    assert federation.request("widget").status is status
    assert holder(federation) == "gigatera"


def test_work_a_change_of_team_and_member_is_progressed():
    federation = at(Turn.WITH)
    step = federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    assert sent_by(step) == ["progressed → widget"]
    federation.settle()
    shown = federation.request("widget")
    assert (shown.team.name, shown.member.name) == ("Network", "Kim")
    assert {shown.team.account, shown.member.account} == {"gigatera"}
    assert sent_by(federation.edit("gigatera", team=NETWORK)) == []


def test_work_ask_waits_for_the_customer_and_the_clock_stops():
    federation = at(Turn.WITH)
    step = federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")
    assert sent_by(step) == ["waiting_for_customer → widget"]
    message = step.outgoing[0]
    assert message.body["question"] == message.id == step.request.above.question
    assert message.body["note"]["text"] == "Which one?"
    assert model.clock(step.request) is Clock.STOPPED_WAITING
    federation.settle()
    assert turn(federation) is Turn.ASKED
    assert holder(federation) == "widget"


def test_waiting_go_on_by_itself_is_progressed_and_the_clock_resumes():
    federation = at(Turn.ASKED)
    step = federation.edit("gigatera", status=Status.IN_PROGRESS)
    assert sent_by(step) == ["progressed → widget"]
    assert step.request.above.question is None
    assert model.clock(step.request) is Clock.RUNNING
    federation.settle()
    assert turn(federation) is Turn.WITH
    assert holder(federation) == "gigatera"


@pytest.mark.parametrize("waiting", [False, True])
def test_work_or_waiting_complete_says_so_with_the_own_reason_and_time(waiting):
    federation = at(Turn.ASKED if waiting else Turn.WITH)
    step = federation.complete("gigatera", "workaround", note="Bucket of sand.")
    assert sent_by(step) == ["completed → widget"]
    body = step.outgoing[0].body
    assert body["completion_reason"] == "workaround"
    assert body["note"]["text"] == "Bucket of sand."
    assert step.request.completion_reason is CompletionReason.WORKAROUND
    assert step.request.completed_at == step.request.updated_at
    assert model.clock(step.request) is Clock.ENDED
    federation.settle()
    assert turn(federation) is Turn.RETURNED
    assert holder(federation) == "widget"


def test_completed_take_up_again_while_the_episode_is_open_is_progressed():
    federation = at(Turn.RETURNED)
    step = federation.edit("gigatera", status=Status.IN_PROGRESS)
    assert sent_by(step) == ["progressed → widget"]
    assert step.request.reopen_count == 0
    assert (step.request.completion_reason, step.request.completed_at) == (None, None)
    assert model.clock(step.request) is Clock.RUNNING
    federation.settle()
    assert turn(federation) is Turn.WITH
    assert federation.request("widget").status is Status.IN_PROGRESS
    assert holder(federation) == "gigatera"


def test_completed_cannot_be_taken_up_again_after_the_episode_has_ended():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.settle()
    with pytest.raises(IllegalMove, match="customer's account has ended"):
        federation.edit("gigatera", status=Status.IN_PROGRESS)


@pytest.mark.parametrize("waiting", [False, True])
def test_work_or_waiting_decline_steps_up_the_own_trail_before_it_goes_back(waiting):
    federation = at(Turn.ASKED if waiting else Turn.WITH)
    federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    federation.settle()

    step = federation.edit("gigatera", status=Status.DECLINED, note="Not Kim.")
    assert (step.request.status, step.request.team, step.request.member) == (Status.ASSIGNED, NETWORK, None)
    assert "request.declined" not in [message.type for message in step.outgoing]
    step = federation.edit("gigatera", status=Status.DECLINED, note="Not networks.")
    assert (step.request.status, step.request.team) == (Status.ASSIGNED, SUPPORT)
    assert "request.declined" not in [message.type for message in step.outgoing]
    while step.request.member is not None:
        step = federation.edit("gigatera", status=Status.DECLINED, note="Not me.")

    step = federation.edit("gigatera", status=Status.DECLINED, note="Not ours.")
    assert sent_by(step) == ["declined → widget"]
    assert step.outgoing[0].body["note"]["text"] == "Not ours."
    assert (step.request.status, step.request.completion_reason) == (
        Status.COMPLETED,
        CompletionReason.DECLINED,
    )
    assert model.clock(step.request) is Clock.NOT_AFFECTED
    federation.settle()
    assert turn(federation) is Turn.REFUSED
    assert holder(federation) == "widget"
