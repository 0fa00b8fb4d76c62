"""What an account forgot in a restore, and its partner did not (handover.md section 7)."""

import pytest

from services.requests import model
from services.requests.model import CompletionReason, Ending, Sent, Status, Turn
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, sent_by

AT = "2026-01-05T09:00:00.000Z"


def note(id: int, text: str) -> dict:
    return {
        "id": id,
        "text": text,
        "person": {"id": 7, "name": "Ann"},
        "medium": "default",
        "created_at": AT,
    }


def relearned(
    federation: Federation, body: dict, known: frozenset[int] = frozenset(), type_: str = "note.added"
) -> model.Step:
    request = federation.request("widget")
    sent = Sent(type_, "m1", "gigatera", request.below[0].thread, body)
    return federation.post("widget", model.relearned(request, sent, known, federation["widget"].context()))


def test_notes_that_we_forgot_are_ours_again_and_are_not_said_again():
    federation = at(Turn.WITH)
    step = relearned(federation, {"episode": [1, 1], "note": note(900, "I said this.")})
    (again,) = step.notes
    assert (again.id, again.text, again.account, again.public) == (900, "I said this.", "widget", True)
    assert again.person is not None
    assert again.person.name == "Ann"
    assert sent_by(step) == []


def test_notes_that_we_still_know_are_not_doubled():
    federation = at(Turn.WITH)
    body = {"episode": [1, 1], "notes": [note(900, "known"), note(901, "new")], "note": note(902, "why")}
    step = relearned(federation, body, known=frozenset({900}))
    assert [each.text for each in step.notes] == ["new", "why"]


def test_a_message_of_ours_without_notes_is_only_recorded():
    federation = at(Turn.WITH)
    before = federation.request("widget")
    step = relearned(federation, {"episode": [1, 1]})
    assert step.notes == ()
    assert [entry.what for entry in step.history] == ["remembered"]
    assert step.request.status is before.status


@pytest.mark.parametrize("turn", [Turn.WITH, Turn.ASKED, Turn.RETURNED])
@pytest.mark.parametrize("type_", ["request.closed", "request.recalled"])
def test_an_episode_that_we_had_ended_is_ended(turn: Turn, type_: str):
    step = relearned(at(turn), {"episode": [1, 1], "note": None}, type_=type_)
    link = step.request.below[0]
    assert not link.open
    assert (step.request.status, step.request.team) == (Status.ASSIGNED, link.handed_by.team)
    assert step.request.supplier is None
    assert sent_by(step) == []


def test_the_end_of_an_earlier_episode_is_history():
    step = relearned(at(Turn.WITH), {"episode": [1, 0], "note": None}, type_="request.recalled")
    assert step.request.below[0].open


def test_a_request_that_its_customer_forgot_ends_at_the_provider():
    federation = at(Turn.WITH)
    theirs = federation.request("gigatera")
    above = theirs.above
    assert above is not None
    sent = Sent("request.taken", "m1", "widget", above.thread, {"episode": [1, 1]})
    context = federation["gigatera"].context()
    step = model.refused(theirs, sent, "unknown_thread", context)
    assert (step.request.status, step.request.completion_reason) == (
        Status.COMPLETED,
        CompletionReason.WITHDRAWN,
    )
    assert step.request.above is not None
    assert step.request.above.ended is Ending.FORGOTTEN
    assert sent_by(step) == []
    assert [flag.code for flag in step.request.flags] == ["unknown_thread"]
    assert "knows nothing of this request" in step.notes[0].text
    assert model.refused(step.request, sent, "unknown_thread", context).notes == ()


@pytest.mark.parametrize("account", ["widget", "gigatera"])
@pytest.mark.parametrize("type_", ["thread.resumed", "thread.returned"])
def test_a_word_about_the_thread_that_is_refused_undoes_nothing_and_is_flagged(account: str, type_: str):
    federation = at(Turn.WITH)
    before = federation.request(account)
    partner, thread = (
        ("gigatera", before.below[0].thread) if before.below else ("widget", before.above.thread)
    )
    sent = Sent(type_, "m1", partner, thread, {})
    step = model.refused(before, sent, "discarded", federation[account].context())
    assert [(flag.message_type, flag.code) for flag in step.request.flags] == [(type_, "discarded")]
    assert (step.request.status, step.request.below) == (before.status, before.below)
    assert sent_by(step) == []
