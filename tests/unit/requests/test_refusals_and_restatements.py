"""What a partner refused or does not answer (rule 9), and how both sides agree again (rule 10)."""

import pytest

from services.requests import model
from services.requests.model import (
    CompletionReason,
    Ending,
    Incoming,
    Sent,
    Status,
    Turn,
    UnknownThread,
)
from services.requests.model.refusals import MAX_RESENDS
from tests.unit.requests.accounts import NETWORK, SPECIALIST, SUPPORT, Federation, at, decline, sent_by, turn


def handing_team_has_it(federation: Federation) -> None:
    request = federation.request("widget")
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, SPECIALIST)


def flags(federation: Federation, name: str) -> list[tuple[str, str, str | None]]:
    return [
        (flag.kind, flag.message_type, flag.team and flag.team.name)
        for flag in federation.request(name).flags
    ]


# -- rule 9 --------------------------------------------------------------------------------------------------


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


# -- rule 10 -------------------------------------------------------------------------------------------------


def hear(federation: Federation, name: str, type_: str, **body) -> model.Step:
    """A re-statement (or any message) of the other side, made up."""
    partner = {"widget": "gigatera", "gigatera": "widget"}[name]
    thread = federation.request("widget").below[0].thread
    account = federation[name]
    incoming = Incoming(type_, "m1", partner, thread, account.localized(partner, body))
    take = model.Take(SUPPORT) if name == "gigatera" else None
    return federation.post(name, model.apply(federation.request(name), incoming, account.context(), take))


def said_by_widget(federation: Federation, **says) -> dict:
    step = model.state_again(
        federation.request("widget"),
        federation.request("widget").below[0].thread,
        federation["widget"].context(),
    )
    return {**step.outgoing[0].body, **says}


def said_by_gigatera(federation: Federation, **says) -> dict:
    theirs = federation.request("gigatera")
    step = model.state_again(theirs, theirs.above.thread, federation["gigatera"].context())
    return {**step.outgoing[0].body, **says}


@pytest.mark.parametrize("start", list(Turn))
def test_restating_what_both_know_changes_nothing(start):
    federation = at(start)
    if start is Turn.ENDED:
        federation.edit("widget", team=NETWORK)
        federation.settle()
    before = {name: federation.request(name) for name in ("widget", "gigatera")}
    step = hear(federation, "gigatera", "request.restated", **said_by_widget(federation))
    assert sent_by(step) == ["restated → widget"]
    federation.settle()
    for name, request in before.items():
        after = federation.request(name)
        assert (after.status, after.team, after.member) == (request.status, request.team, request.member)
        assert (after.completion_reason, after.completed_at) == (
            request.completion_reason,
            request.completed_at,
        )
    assert turn(federation) is start


def test_the_customers_higher_open_episode_is_taken_up():
    federation = at(Turn.RETURNED)
    body = said_by_widget(federation, episode=[2, 2], open=True)
    step = hear(federation, "gigatera", "request.restated", **body)
    assert step.request.above.episode == model.Episode(2, 2)
    assert (step.request.status, step.request.completion_reason) == (Status.ASSIGNED, None)
    assert step.outgoing[-1].body["status"] == "assigned"


def test_the_customers_higher_ended_episode_ends_it():
    federation = at(Turn.WITH)
    body = said_by_widget(federation, episode=[2, 2], open=False)
    step = hear(federation, "gigatera", "request.restated", **body)
    assert step.request.completion_reason is CompletionReason.WITHDRAWN
    assert step.outgoing[-1].body["status"] == "withdrawn"


def test_ended_wins_over_open():
    federation = at(Turn.ASKED)
    step = hear(federation, "gigatera", "request.restated", **said_by_widget(federation, open=False))
    assert step.request.completion_reason is CompletionReason.WITHDRAWN
    assert not step.request.above.open


def test_the_answered_question_is_answered():
    federation = at(Turn.ASKED)
    question = federation.request("gigatera").above.question
    step = hear(federation, "gigatera", "request.restated", **said_by_widget(federation, answered=question))
    assert step.request.status is Status.ASSIGNED
    other = at(Turn.ASKED)
    step = hear(other, "gigatera", "request.restated", **said_by_widget(other, answered="q0"))
    assert step.request.status is Status.WAITING_FOR_CUSTOMER


def test_the_customer_adopts_a_higher_episode_of_its_own_and_states_it_back():
    federation = at(Turn.WITH)
    body = said_by_gigatera(federation, episode=[1, 3], status="in_progress")
    step = hear(federation, "widget", "request.restated", **body)
    assert step.request.link.episode == model.Episode(1, 3)
    assert step.request.status is Status.IN_PROGRESS
    assert step.outgoing[0].body["by"] == "customer"


def test_the_customer_ends_a_higher_episode_at_once_when_its_request_is_completed():
    federation = at(Turn.WITH)
    federation.complete("widget")
    federation.settle()
    body = said_by_gigatera(federation, episode=[1, 3], status="in_progress")
    step = hear(federation, "widget", "request.restated", **body)
    assert sent_by(step) == ["recalled → gigatera"]
    assert step.outgoing[0].body["episode"] == [1, 3]
    assert not step.request.live


def test_or_when_another_provider_has_it():
    federation = at(Turn.WITH)
    federation.give("widget", "globalnet")
    federation.settle()
    thread = next(link for link in federation.request("widget").below if link.partner == "gigatera").thread
    account = federation["widget"]
    theirs = federation.request("gigatera")
    body = model.state_again(theirs, thread, federation["gigatera"].context()).outgoing[0].body
    body = account.localized("gigatera", {**body, "episode": [1, 4], "status": "completed"})
    body |= {"completion_reason": "solved", "completed_at": "2024-05-06T07:08:09.123Z"}
    incoming = Incoming("request.restated", "m1", "gigatera", thread, body)
    step = model.apply(federation.request("widget"), incoming, account.context())
    assert sent_by(step) == ["closed → gigatera"]
    assert step.request.link.partner == "globalnet"


def test_a_stated_withdrawn_ends_the_episode():
    federation = at(Turn.WITH)
    step = hear(federation, "widget", "request.restated", **said_by_gigatera(federation, status="withdrawn"))
    assert step.request.link is None
    handing_team_has_it(federation)


def test_what_was_ended_and_is_worked_on_is_ended_again():
    federation = at(Turn.WITH)
    federation.edit("widget", team=NETWORK)
    step = hear(
        federation, "widget", "request.restated", **said_by_gigatera(federation, status="in_progress")
    )
    assert sent_by(step) == ["recalled → gigatera"]


def test_the_core_of_the_owner_counts_even_when_a_restore_lowered_its_version():
    federation = at(Turn.WITH)
    federation.edit("widget", subject="Printer glows")
    federation.settle()
    core = {**said_by_widget(federation)["core"], "subject": "Printer on fire"}
    body = said_by_widget(federation, core_version=1, core=core)
    step = hear(federation, "gigatera", "request.restated", **body)
    assert (step.request.core.subject, step.request.core.version) == ("Printer on fire", 1)


# -- what has no place ---------------------------------------------------------------------------------------


def test_a_first_message_that_opens_nothing_has_no_place():
    federation = at(Turn.WITH)
    incoming = Incoming("request.recalled", "m1", "widget", "handover/widget/x", {"episode": [1, 1]})
    with pytest.raises(UnknownThread, match="first message"):
        model.apply(None, incoming, federation["gigatera"].context())


@pytest.mark.parametrize(("name", "type_"), [("widget", "request.recalled"), ("gigatera", "request.taken")])
def test_a_message_of_the_other_side_has_no_place(name, type_):
    federation = at(Turn.WITH)
    with pytest.raises(UnknownThread):
        hear(federation, name, type_, episode=[1, 1], note=None)


def test_a_thread_the_request_does_not_have_can_not_be_stated():
    federation = at(Turn.WITH)
    with pytest.raises(UnknownThread):
        model.state_again(federation.request("widget"), "handover/x/y", federation["widget"].context())
