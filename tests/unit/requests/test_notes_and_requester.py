"""Who reads what: public notes for every account of the request, a solution for specialists first."""

import pytest

from services.requests import model
from services.requests.model import InvalidField, NotAllowed, Status, Turn, Visibility, Who
from tests.unit.requests.accounts import NETWORK, REQUESTER
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline


def told(federation: Federation) -> list[str]:
    return [
        event.facts["about"]
        for account in federation.accounts.values()
        for event in account.events
        if event.type == "request.requester_told"
    ]


def note(federation: Federation, name: str, text: str) -> model.Note:
    return next(n for n in federation[name].notes[federation.request(name).id] if n.text == text)


def test_the_end_user_is_told_nothing_of_the_providers_completion():
    federation = at(Turn.WITH)
    before = told(federation)
    federation.complete("gigatera", note="Replaced the toner.")
    federation.settle()
    assert told(federation) == before
    assert note(federation, "widget", "Replaced the toner.").visibility is Visibility.SPECIALIST
    assert "Replaced the toner." not in federation["widget"].public_texts(federation.request("widget"))


def test_until_the_returning_team_publishes_it():
    federation = at(Turn.WITH)
    federation.complete("gigatera", note="Replaced the toner.")
    federation.settle()
    account = federation["widget"]
    solution = note(federation, "widget", "Replaced the toner.")
    step = model.publish(federation.request("widget"), solution, account.actor(), account.context())
    federation.post("widget", step)
    assert told(federation)[-1] == "note"
    assert step.notes[0].public
    assert step.notes[0].person == account.actor().person
    assert account.public_texts(step.request) == ["Replaced the toner."]
    with pytest.raises(InvalidField, match="public already"):
        model.publish(step.request, step.notes[0], account.actor(), account.context())
    with pytest.raises(InvalidField, match="published already"):
        model.publish(step.request, solution, account.actor(), account.context())
    with pytest.raises(NotAllowed):
        model.publish(step.request, solution, account.actor(Who.REQUESTER), account.context())


def test_or_rewrites_it_when_it_completes():
    federation = at(Turn.RETURNED)
    federation.complete("widget", note="Your printer is safe.")
    assert federation["widget"].public_texts(federation.request("widget"))[-1:] == ["Your printer is safe."]
    assert told(federation)[-2:] == ["note", "completed"]


@pytest.mark.parametrize("word", ["declines", "says late that it completed"])
def test_what_a_provider_says_of_its_own_end_is_for_specialists(word):
    federation = at(Turn.WITH)
    if word == "declines":
        decline(federation, "gigatera")
    else:
        federation.complete("gigatera", note="Done.")
        federation.edit("widget", team=NETWORK)
    federation.settle()
    theirs = federation["gigatera"].notes[federation.request("gigatera").id]
    said = next(n for n in reversed(theirs) if n.public)
    assert note(federation, "widget", said.text).visibility is Visibility.SPECIALIST


def test_public_notes_reach_every_account_of_the_request_once():
    federation = at(Turn.WITH)
    federation.give("gigatera", "globalnet")
    federation.settle()
    for name in ("widget", "gigatera", "globalnet"):
        federation.edit(name, note=f"from {name}")
    federation.settle()
    for name in ("widget", "gigatera", "globalnet"):
        texts = federation[name].public_texts(federation.request(name))
        assert sorted(text for text in texts if text.startswith("from")) == [
            "from gigatera",
            "from globalnet",
            "from widget",
        ]


def test_internal_notes_do_not_leave():
    federation = at(Turn.WITH)
    before = len(federation.all_sent)
    step = federation.edit("gigatera", internal_note="They never change the toner.")
    assert step.notes[0].internal
    assert federation.all_sent[before:] == []


def test_public_notes_of_a_provider_may_follow_after_the_end_and_the_customers_do_not():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.settle()
    federation.edit("gigatera", note="By the way: buy toner.")
    federation.edit("widget", note="We did.")
    federation.settle()
    assert "By the way: buy toner." in federation["widget"].public_texts(federation.request("widget"))
    assert "We did." not in federation["gigatera"].public_texts(federation.request("gigatera"))


def test_a_hand_over_brings_the_public_notes_that_the_provider_has_not_seen():
    federation = Federation()
    request = federation.create("widget", team=NETWORK, note="It burns.")
    federation.edit("widget", internal_note="Again.")
    federation.give("widget", "gigatera", note="Please put it out.")
    federation.settle()
    federation.edit("widget", team=NETWORK, note="Wait.")
    federation.edit("widget", note="Still burning.")
    step = federation.give("widget", "gigatera")
    assert [note["text"] for note in step.outgoing[0].body["notes"]] == ["Still burning."]
    federation.settle()
    texts = federation["gigatera"].public_texts(federation.request("gigatera"))
    assert texts == ["It burns.", "Please put it out.", "Wait.", "Still burning."]
    assert federation["widget"].public_texts(federation.request("widget", request.id)) == texts


def test_what_does_not_fit_into_the_hand_over_follows_note_by_note():
    federation = Federation()
    federation.create("widget", team=NETWORK)
    for n in range(5):
        federation.edit("widget", note=f"{n}" + "ö" * 30_000)
    step = federation.give("widget", "gigatera")
    assert [message.type for message in step.outgoing] == ["request.handed_over", *["note.added"] * 3]
    federation.settle()
    theirs = federation["gigatera"].public_texts(federation.request("gigatera"))
    assert [text[0] for text in theirs] == ["0", "1", "2", "3", "4"]


def test_more_notes_than_one_message_holds_follow_note_by_note():
    federation = Federation()
    federation.create("widget", team=NETWORK)
    for n in range(70):
        federation.edit("widget", note=f"{n}")
    step = federation.give("widget", "gigatera")
    assert len(step.outgoing[0].body["notes"]) == 64
    assert len(step.outgoing) == 7


def test_a_public_note_of_somebody_else_is_told_to_the_requester_and_an_own_one_is_not():
    federation = at(Turn.WITH)
    before = len(told(federation))
    federation.edit("widget", who=Who.REQUESTER, note="Hurry!")
    assert len(told(federation)) == before
    federation.edit("gigatera", note="Soon.")
    federation.settle()
    assert told(federation)[before:] == ["note"]


def test_an_account_that_only_provides_tells_no_requester():
    federation = at(Turn.RETURNED)
    assert [e for e in federation["gigatera"].events if e.type == "request.requester_told"] == []
    assert federation.request("widget").requested_for == REQUESTER


def test_a_note_of_white_space_is_no_note():
    federation = at(Turn.WITH)
    step = federation.edit("widget", note="  \n")
    assert step.notes == ()
    with pytest.raises(model.MissingFields):
        federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note=" ")
