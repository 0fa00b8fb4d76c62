"""How both sides agree again after a restore (handover.md rule 10), and what has no place at all."""

import pytest

from services.requests import model
from services.requests.model import (
    CompletionReason,
    Incoming,
    Status,
    Turn,
    UnknownThread,
)
from tests.unit.requests.accounts import NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, sent_by, turn


def handing_team_has_it(federation: Federation) -> None:
    request = federation.request("widget")
    assert (request.status, request.team, request.member) == (Status.ASSIGNED, NETWORK, SPECIALIST)


def hear(federation: Federation, name: str, type_: str, decline: str | None = None, **body) -> model.Step:
    """A re-statement (or any message) of the other side, made up."""
    partner = {"widget": "gigatera", "gigatera": "widget"}[name]
    thread = federation.request("widget").below[0].thread
    account = federation[name]
    incoming = Incoming(type_, "m1", partner, thread, account.localized(partner, body))
    take = model.Take(SUPPORT, decline=decline) if name == "gigatera" else None
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


def test_a_later_episode_that_leads_nowhere_is_taken_up_and_declined_by_itself():
    federation = at(Turn.RETURNED)
    body = said_by_widget(federation, episode=[1, 2])
    step = hear(federation, "gigatera", "request.restated", decline="unknown_agreement", **body)
    assert sent_by(step) == ["declined → widget", "restated → widget"]
    assert step.outgoing[0].body["code"] == "unknown_agreement"
    assert step.outgoing[1].body["status"] == "declined"


def test_who_states_the_other_side_has_no_place():
    federation = at(Turn.WITH)
    for name, body in (("gigatera", said_by_gigatera(federation)), ("widget", said_by_widget(federation))):
        with pytest.raises(UnknownThread, match="states the other side"):
            hear(federation, name, "request.restated", **body)
