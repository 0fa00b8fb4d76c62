"""What the account's own clocks do to a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.requests import model
from services.requests.model import CompletionReason, Escalated, Medium, Status, Turn
from tests.unit.requests.accounts import INSTANCE, NETWORK, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, theirs
from tests.unit.requests.test_situations import heard, registered, system_notes


def escalate(federation: Federation, name: str = "widget", percent: int = 90, **fields: object) -> model.Step:
    given = {"team": NETWORK, "urgent": True, **fields}
    escalation = model.Escalation(Escalated(1, "resolution", percent), "Shop", **given)  # type: ignore[arg-type]
    step = model.escalated(federation.request(name), escalation, federation[name].context())
    return federation.post(name, step)


def follow_up(
    federation: Federation, name: str = "widget", rule: int = 1, completes: bool = False, **late: float
) -> model.Step:
    request = federation.request(name)
    since = (request.waiting_since or request.created_at) - timedelta(**late)
    said = model.FollowUp(rule, completes, since)
    return federation.post(name, model.followed_up(request, said, federation[name].context()))


def waiting() -> Federation:
    federation = registered()
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")
    return federation


def test_an_escalation_assigns_the_request_makes_it_urgent_and_says_so():
    federation = registered()
    step = escalate(federation)
    assert (step.request.team, step.request.member, step.request.urgent) == (NETWORK, None, True)
    assert step.request.trail[-1].team == SUPPORT
    said = "The resolution target of Shop was 90 % gone: assigned to Network, made urgent."
    assert system_notes(federation, "widget") == [said]
    assert [(line.what, line.person) for line in step.history] == [("assigned", None), ("escalated", None)]
    assert step.history[1].text == said
    assert {"team", "urgent"} <= step.history[0].changes.keys()
    assert heard(federation, "widget")[-1]["team_id"] == NETWORK.id


def test_each_alarm_escalates_once_and_none_after_a_higher_one():
    federation = registered()
    escalate(federation, percent=90)
    federation.edit("widget", team=SUPPORT)
    for percent in (90, 75):
        assert escalate(federation, percent=percent).notes == ()
    assert federation.request("widget").team == SUPPORT
    assert escalate(federation, percent=100).request.team == NETWORK
    assert federation.request("widget").escalations == (Escalated(1, "resolution", 100),)
    assert system_notes(federation, "widget")[-1].startswith("The resolution target of Shop was breached:")


def test_what_is_so_already_is_only_said():
    federation = registered()
    escalate(federation, percent=50)
    step = escalate(federation, percent=90)
    assert step.notes[0].text.endswith("it is with Network already, it is urgent already.")
    assert step.request.assignment_count == 2
    gone = escalate(federation, percent=95, team=None, team_gone=True, urgent=False)
    assert gone.notes[0].text.endswith("the team that it should go to can't be chosen any more.")


def test_while_a_provider_has_it_a_note_is_all():
    federation = at(Turn.WITH)
    before = federation.request("widget")
    step = escalate(federation)
    assert step.notes[0].text.endswith("nothing is changed while gigatera has the request.")
    assert not step.notes[0].public
    assert (step.request.team, step.request.urgent, step.outgoing) == (before.team, False, ())


def test_a_provider_escalates_among_its_own_teams_and_says_where_it_is():
    federation = at(Turn.WITH)
    step = escalate(federation, "gigatera")
    assert [said.type for said in step.outgoing] == ["request.progressed"]
    federation.settle()
    assert not federation.request("widget").urgent
    assert federation.request("widget").team.name == NETWORK.name


def test_a_wait_for_the_customer_is_not_broken_off():
    federation = waiting()
    step = escalate(federation)
    assert (step.request.status, step.request.team) == (Status.WAITING_FOR_CUSTOMER, SUPPORT)
    assert step.notes[0].text.endswith("nothing is changed while the customer is waited for.")


def test_a_completed_request_is_not_escalated():
    federation = registered()
    federation.edit("widget", status=Status.COMPLETED, completion_reason=CompletionReason.SOLVED, note="Done")
    before = federation.request("widget")
    assert escalate(federation).request == before


def test_specialists_may_make_a_request_urgent_and_it_stays_in_the_account():
    federation = Federation()
    federation.create("widget", team=SUPPORT, service_instance=INSTANCE, urgent=True)
    federation.give("widget", "gigatera")
    federation.settle()
    assert (federation.request("widget").urgent, theirs(federation).urgent) == (True, False)
    step = federation.edit("gigatera", urgent=True)
    assert step.history[0].changes == {"urgent": [False, True]}
    assert step.outgoing == ()


def test_a_wait_is_told_with_its_beginning_and_begins_anew():
    federation = waiting()
    first = federation.request("widget").waiting_since
    federation.edit("widget", status=Status.IN_PROGRESS)
    assert federation.request("widget").waiting_since is None
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="And now?")
    second = federation.request("widget").waiting_since
    told = [each["waiting_since"] for each in heard(federation, "widget")]
    assert first is not None
    assert second is not None
    assert first < second
    assert told[0] is told[2] is None
    assert None not in (told[1], told[3])


def test_a_reminder_is_a_public_note_of_the_account_once_each():
    federation = waiting()
    (note,) = follow_up(federation).notes
    assert (note.public, note.medium, note.person) == (True, Medium.SYSTEM, None)
    assert note.text == "Reminder: we have been waiting for your answer since 2024-05-06."
    assert follow_up(federation).notes == ()
    assert len(follow_up(federation, rule=2).notes) == 1
    told = [each for each in federation["widget"].events if each.type == "request.requester_told"]
    assert [each.facts["about"] for each in told] == ["note"] * 3


def test_since_when_the_customer_is_waited_for_is_told_by_the_accounts_days():
    federation = waiting()
    late = datetime(2024, 5, 6, 23, 30, tzinfo=UTC)
    request = replace(federation.request("widget"), waiting_since=late)
    for zone, day in (("UTC", "2024-05-06"), ("Asia/Tokyo", "2024-05-07")):
        step = model.followed_up(
            request, model.FollowUp(1, False, late, zone), federation["widget"].context()
        )
        assert step.notes[0].text.endswith(f"since {day}.")


def test_who_waits_anew_is_reminded_anew_and_not_of_the_wait_before():
    federation = waiting()
    follow_up(federation, rule=2)
    federation.edit("widget", status=Status.IN_PROGRESS)
    assert follow_up(federation, rule=3).notes == ()
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="And now?")
    assert follow_up(federation, rule=3, completes=True, hours=1).request.live
    assert len(follow_up(federation, rule=1).notes) == 1


def test_in_the_end_it_is_completed_without_a_reply():
    federation = waiting()
    step = follow_up(federation, rule=2, completes=True)
    request = step.request
    assert (request.status, request.completion_reason) == (Status.COMPLETED, CompletionReason.NO_REPLY)
    assert step.notes[0].text.endswith("since 2024-05-06, and complete this request without it.")
    assert follow_up(federation, rule=2, completes=True).request == request


@pytest.mark.parametrize("completes", [False, True])
def test_a_provider_follows_up_on_its_customer(completes: bool) -> None:
    federation = at(Turn.WITH)
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")
    federation.settle()
    step = follow_up(federation, "gigatera", completes=completes)
    assert [said.type for said in step.outgoing] == ["request.completed" if completes else "note.added"]
    federation.settle()
    link = federation.request("widget").link
    assert link is not None
    assert link.turn is (Turn.RETURNED if completes else Turn.ASKED)
    (notes,) = federation["widget"].notes.values()
    heard_of = [note for note in notes if note.text == step.notes[0].text]
    assert [note.public for note in heard_of] == [not completes]
