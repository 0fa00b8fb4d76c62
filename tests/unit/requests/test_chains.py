"""Chains of three: widget → gigatera → globalnet. Each account keeps its own contract (handover.md rules 6,
7, 11).
"""

import json

import pytest

from services.requests import model
from services.requests.model import Clock, CompletionReason, Ending, Status, Turn
from tests.unit.requests.accounts import COLLEAGUE, NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline, sent_by, turn


def chain() -> Federation:
    federation = at(Turn.WITH)
    federation.edit("gigatera", team=NETWORK, member=COLLEAGUE)
    federation.give("gigatera", "globalnet")
    federation.settle()
    return federation


def lower(federation: Federation) -> Turn:
    return turn(federation, "gigatera", "globalnet")


def holders(federation: Federation) -> tuple[str, str, str]:
    widget, gigatera, globalnet = (
        model.holder(federation.request(name)) for name in ("widget", "gigatera", "globalnet")
    )
    return widget, gigatera, globalnet


def test_what_completes_below_comes_back_hop_by_hop_to_each_team_that_handed_it_over():
    federation = chain()
    assert holders(federation) == ("gigatera", "globalnet", "globalnet")
    federation.complete("globalnet", "solved", note="New fuse.")
    federation.settle()
    middle = federation.request("gigatera")
    assert (middle.status, middle.team, middle.member) == (Status.ASSIGNED, NETWORK, COLLEAGUE)
    assert (lower(federation), turn(federation)) == (Turn.RETURNED, Turn.WITH)
    assert holders(federation) == ("gigatera", "gigatera", "gigatera")

    federation.complete("gigatera", "workaround", note="It prints.")
    federation.settle()
    ours = federation.request("widget")
    assert (ours.status, ours.team, ours.member) == (Status.ASSIGNED, NETWORK, SPECIALIST)
    assert federation.request("globalnet").above.ended is Ending.ACCEPTED
    federation.complete("widget", "gone", note="All is well.")
    federation.settle()
    reasons = [federation.request(name).completion_reason for name in ("widget", "gigatera", "globalnet")]
    assert reasons == [CompletionReason.GONE, CompletionReason.WORKAROUND, CompletionReason.SOLVED]


def test_neither_end_of_a_chain_learns_of_the_other():
    federation = chain()
    federation.edit("globalnet", status=Status.IN_PROGRESS, note="From below.")
    federation.edit("widget", note="From above.")
    federation.settle()
    for sender, stranger in (("widget", "globalnet"), ("globalnet", "widget")):
        heard = [letter.message for letter in federation.all_sent if letter.recipient == sender]
        assert stranger not in json.dumps([message.body for message in heard])
    ours, theirs = federation.request("widget"), federation.request("globalnet")
    assert "From below." in federation["widget"].public_texts(ours)
    assert "From above." in federation["globalnet"].public_texts(theirs)
    relayed = next(n for n in federation["widget"].notes[ours.id] if n.text == "From below.")
    assert (relayed.account, relayed.person) == ("gigatera", None)


def test_the_customer_sees_the_middle_accounts_team_while_the_one_below_holds():
    federation = chain()
    federation.edit("globalnet", status=Status.WAITING_FOR)
    federation.settle()
    ours = federation.request("widget")
    assert ours.status is Status.WAITING_FOR
    assert (ours.team.name, ours.team.account) == ("Network", "gigatera")
    assert ours.member.name == "Kim"


def test_a_question_from_below_may_be_passed_on_and_the_answer_goes_down_again():
    federation = chain()
    federation.edit("globalnet", status=Status.WAITING_FOR_CUSTOMER, note="Which socket?")
    federation.settle()
    assert holders(federation) == ("gigatera", "gigatera", "gigatera")
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which socket, please?")
    federation.settle()
    assert (turn(federation), lower(federation)) == (Turn.ASKED, Turn.ASKED)
    assert holders(federation)[0] == "widget"
    assert model.clock(federation.request("gigatera")) is Clock.STOPPED_WAITING

    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="The left one.")
    federation.settle()
    middle = federation.request("gigatera")
    assert (middle.status, middle.team, middle.member) == (Status.ASSIGNED, NETWORK, COLLEAGUE)
    federation.edit("gigatera", team=federation.partners_team("gigatera", "globalnet"), note="Left.")
    federation.settle()
    assert federation.request("globalnet").status is Status.ASSIGNED
    assert holders(federation) == ("gigatera", "globalnet", "globalnet")


def waiting_for_widget() -> Federation:
    federation = chain()
    federation.edit("globalnet", status=Status.WAITING_FOR_CUSTOMER, note="Which socket?")
    federation.settle()
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which socket, please?")
    federation.settle()
    return federation


def test_the_one_below_going_on_by_itself_takes_a_standing_question_back():
    federation = waiting_for_widget()
    federation.edit("globalnet", status=Status.IN_PROGRESS)
    federation.settle()
    assert federation.request("gigatera").above.question is None
    assert federation.request("widget").status is Status.IN_PROGRESS
    assert holders(federation) == ("gigatera", "globalnet", "globalnet")


def test_giving_down_again_takes_a_standing_question_back():
    federation = waiting_for_widget()
    federation.edit("gigatera", team=federation.partners_team("gigatera", "globalnet"), note="Left, I think.")
    federation.settle()
    assert federation.request("gigatera").above.question is None
    assert (turn(federation), lower(federation)) == (Turn.WITH, Turn.WITH)


@pytest.mark.parametrize("word", ["completes", "declines"])
def test_while_it_waits_for_the_customer_itself_a_return_from_below_leaves_it_waiting(word):
    federation = waiting_for_widget()
    if word == "completes":
        federation.complete("globalnet", note="Found it.")
    else:
        decline(federation, "globalnet")
    federation.settle()
    middle = federation.request("gigatera")
    assert middle.status is Status.WAITING_FOR_CUSTOMER
    assert turn(federation) is Turn.ASKED
    assert lower(federation) is (Turn.RETURNED if word == "completes" else Turn.REFUSED)


def test_a_rejected_solution_may_be_rejected_down_the_chain():
    federation = chain()
    federation.complete("globalnet", note="New fuse.")
    federation.settle()
    federation.edit("gigatera", team=federation.partners_team("gigatera", "globalnet"), note="No light.")
    federation.settle()
    theirs = federation.request("globalnet")
    assert (theirs.reopen_count, theirs.status, theirs.team) == (1, Status.ASSIGNED, SUPPORT)
    assert holders(federation) == ("gigatera", "globalnet", "globalnet")


@pytest.mark.parametrize("act", ["completes", "declines", "gives it to another"])
def test_what_the_middle_account_is_done_with_ends_below_in_the_same_save(act):
    federation = chain()
    federation.edit("globalnet", status=Status.WAITING_FOR_CUSTOMER, note="Which socket?")
    federation.settle()
    if act == "completes":
        step = federation.complete("gigatera")
        assert sent_by(step) == ["recalled → globalnet", "completed → widget"]
    elif act == "declines":
        before = len(federation.all_sent)
        decline(federation, "gigatera")
        assert [letter.message.type for letter in federation.all_sent[before:]][-2:] == [
            "request.recalled",
            "request.declined",
        ]
    else:
        step = federation.edit("gigatera", team=NETWORK)
        federation.complete("gigatera")
    federation.settle()
    assert federation.request("globalnet").completion_reason is CompletionReason.WITHDRAWN
    assert not federation.request("globalnet").above.open


def test_taken_back_at_the_top_is_withdrawn_all_the_way_down():
    federation = chain()
    federation.edit("widget", team=NETWORK)
    federation.settle()
    for name in ("gigatera", "globalnet"):
        request = federation.request(name)
        assert request.completion_reason is CompletionReason.WITHDRAWN
        assert request.above.ended is Ending.TAKEN_BACK


def test_a_hand_over_that_would_close_a_loop_is_declined_by_itself():
    federation = chain()
    federation.give("globalnet", "widget")
    federation.settle()
    origin, looped = federation["widget"].requests.values()
    assert looped.completion_reason is CompletionReason.DECLINED
    assert origin.core.origin == looped.core.origin
    assert turn(federation, "globalnet", "widget") is Turn.REFUSED
    assert federation.request("globalnet").status is Status.ASSIGNED
    assert any(
        "loop" in note.text for note in federation["globalnet"].notes[federation.request("globalnet").id]
    )
    with pytest.raises(model.IllegalMove, match="hand over again"):
        federation.edit("widget", looped.id, status=Status.IN_PROGRESS)


def test_the_clock_of_the_middle_stops_while_the_one_below_holds_and_the_origins_keeps_ticking():
    federation = chain()
    clocks = [model.clock(federation.request(name)) for name in ("widget", "gigatera", "globalnet")]
    assert clocks == [Clock.RUNNING, Clock.STOPPED_BELOW, Clock.RUNNING]
    changes = [e.facts for e in federation["gigatera"].events if e.type == "request.clock_changed"]
    assert [facts["now"] for facts in changes] == ["running", "stopped_below"]
