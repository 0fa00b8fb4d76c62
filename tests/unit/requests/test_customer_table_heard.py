"""handover.md table 3, the rows in which the customer's account hears a statement of the provider."""

import pytest

from services.requests import model
from services.requests.model import CompletionReason, Status, Turn, Visibility
from tests.unit.requests.accounts import NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import OPEN, at, sent_by, shows_handing_team, shows_provider, turn


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_hears_taken_and_shows_the_provider(before):
    federation = at(before)
    say_again(federation, "request.taken", status="accepted", request_id=7)
    assert turn(federation) is Turn.WITH
    shows_provider(federation, Status.ACCEPTED)
    assert federation.request("widget").supplier_request_id == "7"


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_hears_progressed_and_shows_the_providers_status(before):
    federation = at(before)
    say_again(federation, "request.progressed", status="on_backlog", waiting_until=None)
    assert turn(federation) is Turn.WITH
    shows_provider(federation, Status.ON_BACKLOG)


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_hears_waiting_for_customer_and_is_asked(before):
    federation = at(before)
    say_again(federation, "request.waiting_for_customer", question="q9", note=None)
    assert turn(federation) is Turn.ASKED
    shows_handing_team(federation)


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_hears_completed_and_it_returns(before):
    federation = at(before)
    note = {
        "id": 9,
        "text": "Solved it.",
        "person": None,
        "medium": "default",
        "created_at": "2024-05-06T07:08:09.123Z",
    }
    say_again(
        federation,
        "request.completed",
        completion_reason="workaround",
        completed_at="2024-05-06T07:08:09.123Z",
        note=note,
    )
    assert turn(federation) is Turn.RETURNED
    shows_handing_team(federation)
    request = federation.request("widget")
    assert request.completion_reason is None
    assert request.completed_at is None
    assert request.below[0].completion_reason is CompletionReason.WORKAROUND
    kept = federation["widget"].notes[request.id][-1]
    assert (kept.text, kept.visibility) == ("Solved it.", Visibility.SPECIALIST)


@pytest.mark.parametrize("before", OPEN)
def test_any_open_episode_hears_declined_and_it_is_refused(before):
    federation = at(before)
    say_again(federation, "request.declined", code="loop", note=None)
    assert turn(federation) is Turn.REFUSED
    shows_handing_team(federation)
    system = federation["widget"].notes[federation.request("widget").id][-1]
    assert system.medium is model.Medium.SYSTEM
    assert "loop" in system.text


@pytest.mark.parametrize(
    ("type_", "says"),
    [
        ("request.progressed", {"status": "in_progress", "waiting_until": None}),
        ("request.waiting_for_customer", {"question": "q9", "note": None}),
        ("request.declined", {"code": None, "note": None}),
    ],
)
@pytest.mark.parametrize("lower", [False, True])
def test_ended_a_statement_of_that_or_a_lower_episode_changes_nothing_but_history(type_, says, lower):
    federation = at(Turn.RETURNED)
    if lower:
        federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="No.")
        federation.settle()
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="No.")
    federation.settle()
    federation.edit("widget", team=NETWORK, member=SPECIALIST)
    federation.settle()
    before = federation.request("widget")
    step = say_again(federation, type_, episode=[1, 1] if lower else [1, 2], **says)
    assert step.request.status is before.status
    assert step.request.team == before.team
    assert step.request.below == before.below
    assert sent_by(step) == []
    assert [line.what for line in step.history] == ["arrived late"]


def test_a_late_statements_note_is_kept_for_specialists():
    federation = at(Turn.WITH)
    federation.complete("gigatera", note="It was the toner.")
    federation.edit("widget", team=NETWORK)
    federation.settle()
    notes = federation["widget"].notes[federation.request("widget").id]
    late = next(note for note in notes if note.text == "It was the toner.")
    assert late.internal
    assert any("arrived after you took it back" in line for line in federation["widget"].history)


def say_again(federation: Federation, type_: str, **says):
    """Gigatera says something unasked, as if it had decided so: any statement, in any state."""
    link = federation.request("widget").below[0]
    body = {
        "episode": [link.episode.incarnation, link.episode.n],
        "team": {"id": SUPPORT.id, "name": SUPPORT.name},
        "member": None,
        **says,
    }
    account = federation["widget"]
    incoming = model.Incoming(
        type_, "m1", "gigatera", link.thread, federation["widget"].localized("gigatera", body)
    )
    return federation.post("widget", model.apply(federation.request("widget"), incoming, account.context()))
