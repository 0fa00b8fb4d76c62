"""handover.md table 4, the rows in which the provider's account hears a word of the customer's."""

import pytest

from services.requests import model
from services.requests.model import Clock, CompletionReason, Ending, Status, Turn
from tests.unit.requests.accounts import COLLEAGUE, INSTANCE, NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline, holder, sent_by, theirs


def test_none_handed_over_is_assigned_to_the_support_team_and_taken():
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    federation.give("widget", "gigatera", note="Please look.")
    (step,) = federation.deliver(federation.in_flight("request.handed_over"))
    request = step.request
    assert sent_by(step) == ["taken → widget"]
    assert step.outgoing[0].body["request_id"] == request.id
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, SUPPORT, None)
    assert request.service_instance == INSTANCE
    assert request.core == federation.request("widget").core
    assert [entry.account for entry in request.trail] == ["widget"]
    assert [note.text for note in step.notes] == ["Please look."]
    assert model.clock(request) is Clock.RUNNING
    assert model.holder(request) == "gigatera"


@pytest.mark.parametrize("ended_by", ["withdrawn", "declined", "completed and accepted"])
def test_terminal_handed_over_again_is_assigned_to_the_support_team_without_taken(ended_by):
    federation = at(Turn.WITH)
    if ended_by == "declined":
        decline(federation, "gigatera")
    elif ended_by == "completed and accepted":
        federation.complete("gigatera")
        federation.settle()
    if ended_by != "declined":
        federation.settle()
        federation.complete("widget")
        federation.settle()
        federation.edit("widget", status=Status.ASSIGNED)
    federation.settle()
    first = theirs(federation)
    assert not first.live
    federation.give("widget", "gigatera")
    (step,) = federation.deliver(federation.in_flight("request.handed_over"))
    again = step.request
    assert sent_by(step) == []
    assert again.id == first.id
    assert (again.status, again.team, again.member) == (Status.ASSIGNED, SUPPORT, None)
    assert (again.completion_reason, again.completed_at) == (None, None)
    assert again.reopen_count == 0
    assert model.clock(again) is Clock.RUNNING
    assert [event.facts for event in step.events if event.type == "request.clock_changed"]
    assert holder(federation) == "gigatera"


def test_completed_reopened_is_assigned_to_the_same_team_and_member():
    federation = at(Turn.WITH)
    federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    federation.complete("gigatera")
    federation.settle()
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="It burns again.")
    (step,) = federation.deliver(federation.in_flight("request.reopened"))
    request = step.request
    assert sent_by(step) == []
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, COLLEAGUE)
    assert request.reopen_count == 1
    assert (request.completion_reason, request.completed_at) == (None, None)
    assert [note.text for note in step.notes] == ["It burns again."]
    assert model.clock(request) is Clock.RUNNING
    assert holder(federation) == "gigatera"


def test_waiting_answered_is_assigned_to_the_same_member_and_the_clock_resumes():
    federation = at(Turn.WITH)
    federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")
    federation.settle()
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="The red one.")
    (step,) = federation.deliver(federation.in_flight("request.answered"))
    assert sent_by(step) == []
    assert (step.request.status, step.request.team, step.request.member) == (
        Status.ASSIGNED,
        NETWORK,
        COLLEAGUE,
    )
    assert model.clock(step.request) is Clock.RUNNING
    assert [note.text for note in step.notes] == ["The red one.", "The clock runs again."]
    assert step.notes[-1].medium is model.Medium.SYSTEM
    shown = federation.request("widget")
    assert (shown.status, shown.team.name, shown.member.name) == (Status.ASSIGNED, "Network", "Kim")
    assert holder(federation) == "gigatera"


@pytest.mark.parametrize("meanwhile", ["completed", "in_progress", "declined"])
def test_anything_else_answered_is_kept_as_a_note_only(meanwhile):
    federation = at(Turn.ASKED)
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="The red one.")
    if meanwhile == "completed":
        federation.complete("gigatera")
    elif meanwhile == "declined":
        decline(federation, "gigatera")
    else:
        federation.edit("gigatera", status=Status.IN_PROGRESS)
    before = theirs(federation)
    (step,) = federation.deliver(federation.in_flight("request.answered"))
    assert step.request.status is before.status
    assert step.request.above == before.above
    assert [note.text for note in step.notes] == ["The red one."]
    assert sent_by(step) == []


@pytest.mark.parametrize("waiting", [False, True])
def test_live_recalled_is_completed_as_withdrawn(waiting):
    federation = at(Turn.WITH)
    federation.edit("widget", team=NETWORK)
    if waiting:
        federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="?")
    (step,) = federation.deliver(federation.in_flight("request.recalled"))
    request = step.request
    assert sent_by(step) == []
    assert (request.status, request.completion_reason) == (Status.COMPLETED, CompletionReason.WITHDRAWN)
    assert request.completed_at == request.updated_at
    assert request.above.ended is Ending.TAKEN_BACK
    assert request.above.question is None
    assert model.clock(request) is Clock.ENDED


def test_live_closed_is_completed_as_withdrawn():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.edit("gigatera", status=Status.IN_PROGRESS)
    federation.settle()
    request = theirs(federation)
    assert request.completion_reason is CompletionReason.WITHDRAWN
    assert request.above.ended is Ending.ACCEPTED


@pytest.mark.parametrize(
    ("result", "how", "mark"),
    [
        ("completed", "taken back", Ending.TAKEN_BACK),
        ("declined", "taken back", Ending.TAKEN_BACK),
        ("completed", "accepted", Ending.ACCEPTED),
    ],
)
def test_completed_or_declined_keeps_its_own_result_and_is_marked(result, how, mark):
    federation = at(Turn.WITH)
    if how == "taken back":
        federation.edit("widget", team=NETWORK)
    if result == "completed":
        federation.complete("gigatera", "workaround")
    else:
        decline(federation, "gigatera")
    own = theirs(federation)
    if how == "accepted":
        federation.settle()
        federation.complete("widget", "gone")
    federation.settle()
    after = theirs(federation)
    assert (after.completion_reason, after.completed_at) == (own.completion_reason, own.completed_at)
    assert after.above.ended is mark
    assert model.clock(after) is model.clock(own)


@pytest.mark.parametrize("before", list(Turn))
def test_live_trust_ended_is_completed_as_withdrawn_without_a_message(before):
    federation = at(before)
    if before is Turn.ENDED:
        federation.edit("widget", team=NETWORK)
        federation.settle()
    own = theirs(federation)
    step = federation.post("gigatera", model.trust_ended(own, "widget", federation["gigatera"].context()))
    assert sent_by(step) == []
    assert not step.request.live
    if own.live:
        assert step.request.completion_reason is CompletionReason.WITHDRAWN
        assert step.request.above.ended is Ending.TRUST_ENDED
        assert step.notes[0].medium is model.Medium.SYSTEM
        assert model.clock(step.request) is Clock.ENDED
    else:
        assert step.request.completion_reason is own.completion_reason
