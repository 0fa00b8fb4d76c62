"""handover.md table 4, the rows in which the provider has handed the request down itself."""

import pytest

from services.requests import model
from services.requests.model import Clock, CompletionReason, Status, Turn
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline, holder, sent_by, theirs


def below(**how) -> Federation:
    """Gigatera has given widget's request down to globalnet; all is quiet."""
    federation = at(Turn.WITH)
    federation.give("gigatera", "globalnet")
    federation.settle()
    federation.edit("globalnet", status=Status.IN_PROGRESS)
    federation.settle()
    return federation


def test_while_the_one_below_holds_this_account_cannot_ask():
    federation = below()
    with pytest.raises(model.MirroredField):
        federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")


def test_live_recalled_ends_the_own_episode_below():
    federation = below()
    federation.edit("widget", team=NETWORK)
    (step,) = federation.deliver(federation.in_flight("request.recalled"))
    assert sent_by(step) == ["recalled → globalnet"]
    federation.settle()
    assert federation.request("globalnet").completion_reason is CompletionReason.WITHDRAWN


def test_work_give_down_mirrors_the_one_below_and_the_clock_stops():
    federation = at(Turn.WITH)
    step = federation.give("gigatera", "globalnet")
    assert sent_by(step) == ["handed_over → globalnet", "progressed → widget"]
    assert step.request.team == federation.partners_team("gigatera", "globalnet")
    assert model.clock(step.request) is Clock.STOPPED_BELOW
    assert model.holder(step.request) == "globalnet"


def test_work_answer_below_mirrors_the_one_below_and_the_clock_stops():
    federation = below()
    federation.edit("globalnet", status=Status.WAITING_FOR_CUSTOMER, note="?")
    federation.settle()
    assert model.clock(theirs(federation)) is Clock.RUNNING
    step = federation.edit("gigatera", team=federation.partners_team("gigatera", "globalnet"), note="Yes.")
    assert sent_by(step) == ["answered → globalnet", "note.added → widget"]
    assert model.clock(step.request) is Clock.STOPPED_BELOW
    assert model.holder(step.request) == "globalnet"


def test_the_one_below_progresses_and_it_is_mirrored_and_said_up_when_changed():
    federation = below()
    federation.edit("globalnet", status=Status.WAITING_FOR)
    (step,) = federation.deliver(federation.in_flight("request.progressed"))
    assert step.request.status is Status.WAITING_FOR
    assert sent_by(step) == ["progressed → widget"]
    assert step.outgoing[0].body["status"] == "waiting_for"
    assert step.outgoing[0].body["team"] == {"id": SUPPORT.id, "name": SUPPORT.name}
    assert model.clock(step.request) is Clock.STOPPED_BELOW
    federation.settle()
    federation.edit("globalnet", member=COLLEAGUE)
    federation.edit("globalnet", status=Status.WAITING_FOR)
    federation.settle()
    told = [
        letter.message.body["status"]
        for letter in federation.all_sent
        if letter.sender == "gigatera" and letter.message.type == "request.progressed"
    ]
    assert told[-1] == "waiting_for"
    federation.edit("globalnet", team=NETWORK, status=Status.WAITING_FOR)
    (step,) = federation.deliver(federation.in_flight("request.progressed"))
    assert sent_by(step) == [], "another team of globalnet's is no change of gigatera's"


@pytest.mark.parametrize("word", ["asks", "completes", "declines"])
def test_the_one_below_comes_back_to_the_team_that_handed_it_down(word):
    federation = at(Turn.WITH)
    federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    federation.give("gigatera", "globalnet")
    federation.settle()
    federation.edit("globalnet", status=Status.IN_PROGRESS)
    federation.settle()
    if word == "asks":
        federation.edit("globalnet", status=Status.WAITING_FOR_CUSTOMER, note="?")
    elif word == "completes":
        federation.complete("globalnet")
    else:
        decline(federation, "globalnet")
    before = len(federation.all_sent)
    federation.settle()
    request = theirs(federation)
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, COLLEAGUE)
    said = [letter.message for letter in federation.all_sent[before:] if letter.sender == "gigatera"]
    progressed = [message.body for message in said if message.type == "request.progressed"]
    assert [(body["status"], body["member"]["name"]) for body in progressed] == [("assigned", "Kim")]
    assert model.clock(request) is Clock.RUNNING
    assert holder(federation) == "gigatera"
