"""What a partner refused or does not answer undoes itself and is flagged (handover.md rule 9)."""

import pytest

from services.requests import model
from services.requests.model import (
    CompletionReason,
    Ending,
    Sent,
    Status,
    Turn,
)
from services.requests.model.refusals import MAX_RESENDS
from tests.unit.requests.accounts import NETWORK, SPECIALIST
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline, sent_by, turn


def handing_team_has_it(federation: Federation) -> None:
    request = federation.request("widget")
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, SPECIALIST)


def flags(federation: Federation, name: str) -> list[tuple[str, str, str | None]]:
    return [
        (flag.kind, flag.message_type, flag.team.name if flag.team else None)
        for flag in federation.request(name).flags
    ]


def test_a_refused_first_hand_over_is_back_with_the_team_that_handed_it_over_and_flagged():
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST, note="It burns.")
    federation.give("widget", "gigatera")
    federation.refuse(federation.in_flight("request.handed_over"), "invalid_body")
    handing_team_has_it(federation)
    assert turn(federation) is Turn.ENDED
    assert flags(federation, "widget") == [("refused", "request.handed_over", "Network")]
    assert any(e.type == "request.flagged" for e in federation["widget"].events)
    assert federation.on_the_way == [], "a provider that never had it is told nothing"
    step = federation.give("widget", "gigatera")
    assert [note["text"] for note in step.outgoing[0].body["notes"]] == ["It burns."]
    federation.settle()
    assert federation.request("gigatera").live
    assert federation.request("widget").supplier_request_id == str(federation.request("gigatera").id)
    assert flags(federation, "widget") == []


def test_a_discarded_first_hand_over_leaves_a_stub_that_is_ended_like_a_declined_request():
    federation = Federation()
    federation.create("widget", team=NETWORK)
    federation.give("widget", "gigatera")
    federation.refuse(federation.in_flight("request.handed_over"))
    stub = federation.request("gigatera")
    assert stub.completion_reason is CompletionReason.DECLINED
    assert not stub.above.open
    assert not stub.above.taken


def test_a_refused_rejection_ends_the_episode_on_both_sides():
    federation = at(Turn.RETURNED)
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="No.")
    federation.refuse(federation.in_flight("request.reopened"))
    assert [letter.message.type for letter in federation.on_the_way] == ["request.recalled"]
    federation.settle()
    handing_team_has_it(federation)
    theirs = federation.request("gigatera")
    assert theirs.completion_reason is CompletionReason.SOLVED
    assert theirs.above.ended is Ending.TAKEN_BACK
    with pytest.raises(model.IllegalMove):
        federation.edit("gigatera", status=Status.IN_PROGRESS)


def test_a_refused_answer_in_force_is_asked_again():
    federation = at(Turn.ASKED)
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="Red.")
    federation.refuse(federation.in_flight("request.answered"))
    assert turn(federation) is Turn.ASKED
    handing_team_has_it(federation)
    assert flags(federation, "widget") == [("refused", "request.answered", "Network")]


def test_a_refused_answer_that_is_out_of_force_changes_nothing_but_the_flag():
    federation = at(Turn.ASKED)
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="Red.")
    answer = federation.in_flight("request.answered")
    federation.edit("gigatera", status=Status.IN_PROGRESS)
    federation.deliver(federation.in_flight("request.progressed"))
    federation.refuse(answer)
    assert turn(federation) is Turn.WITH
    assert flags(federation, "widget") == [("refused", "request.answered", "Network")]


def test_a_refused_end_is_sent_again_but_not_for_ever():
    federation = at(Turn.WITH)
    federation.edit("widget", team=NETWORK)
    for _ in range(MAX_RESENDS):
        federation.refuse(federation.in_flight("request.recalled"))
    federation.refuse(federation.in_flight("request.recalled"))
    assert federation.on_the_way == []
    assert len(flags(federation, "widget")) == MAX_RESENDS + 1


@pytest.mark.parametrize("says", ["asks", "completes", "declines", "goes on"])
def test_a_refused_statement_is_stated_again(says):
    federation = at(Turn.WITH)
    if says == "asks":
        federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which?")
    elif says == "completes":
        federation.complete("gigatera")
    elif says == "declines":
        federation.edit("gigatera", member=None)
        federation.settle()
        decline(federation, "gigatera")
    else:
        federation.edit("gigatera", status=Status.WAITING_FOR)
    (letter,) = federation.on_the_way
    federation.refuse(letter)
    (again,) = federation.on_the_way
    assert again.message.type == letter.message.type
    assert again.message.body.get("question") == letter.message.body.get("question")
    assert flags(federation, "gigatera")[0][:2] == ("refused", letter.message.type)
    federation.settle()
    ends = {"asks": Turn.ASKED, "completes": Turn.RETURNED, "declines": Turn.REFUSED, "goes on": Turn.WITH}
    assert turn(federation) is ends[says]


def test_a_refused_taken_is_said_again_with_the_request_id():
    federation = Federation()
    federation.create("widget", team=NETWORK)
    federation.give("widget", "gigatera")
    federation.deliver(federation.in_flight("request.handed_over"))
    federation.refuse(federation.in_flight("request.taken"))
    federation.settle()
    assert federation.request("widget").supplier_request_id == str(federation.request("gigatera").id)


def test_a_message_that_is_refused_twice_undoes_once():
    federation = at(Turn.WITH)
    federation.edit("widget", team=NETWORK)
    letter = federation.in_flight("request.recalled")
    federation.refuse(letter)
    before = federation.request("widget")
    again = federation["widget"]
    sent = Sent(letter.message.type, letter.message.id, "gigatera", letter.thread, letter.message.body)
    step = model.refused(before, sent, "discarded", again.context())
    assert (step.outgoing, step.request) == ((), before)


def test_a_refused_note_is_flagged():
    federation = at(Turn.WITH)
    step = federation.edit("widget", note="Hello?")
    federation.refuse(federation.in_flight("note.added"))
    assert flags(federation, "widget") == [("refused", "note.added", "Network")]
    assert step.request.status is federation.request("widget").status


def test_what_stays_unanswered_is_flagged_to_the_holding_team_until_it_is_receipted():
    federation = at(Turn.WITH)
    step = federation.edit("widget", note="Hello?")
    message, account = step.outgoing[0], federation["widget"]
    sent = Sent(message.type, message.id, message.partner, message.thread, message.body)
    federation.post("widget", model.unanswered(step.request, sent, account.context()))
    once = federation.post("widget", model.unanswered(federation.request("widget"), sent, account.context()))
    assert flags(federation, "widget") == [("unanswered", "note.added", "Network")]
    assert once.events == ()
    federation.post("widget", model.settled(federation.request("widget"), message.id, account.context()))
    assert flags(federation, "widget") == []


def test_who_acts_on_a_flagged_request_has_seen_the_refusal():
    federation = at(Turn.ASKED)
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="Red.")
    federation.refuse(federation.in_flight("request.answered"))
    federation.edit("widget", note="Only a note.")
    assert flags(federation, "widget")
    federation.edit("widget", status=Status.IN_PROGRESS)
    assert flags(federation, "widget") == []


@pytest.mark.parametrize("code", ["loop", "unknown_agreement"])
def test_a_business_reason_is_applied_and_declined_with_a_code(code):
    federation = Federation()
    federation["gigatera"].decline = code
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    federation.give("widget", "gigatera")
    (step,) = federation.deliver(federation.in_flight("request.handed_over"))
    assert sent_by(step) == ["taken → widget", "declined → widget"]
    assert step.outgoing[1].body["code"] == code
    assert step.request.completion_reason is CompletionReason.DECLINED
    federation.settle()
    assert turn(federation) is Turn.REFUSED
    handing_team_has_it(federation)
