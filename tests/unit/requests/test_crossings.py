"""handover.md section 5, one test per crossing: both act before they have heard of each other.

Each is played with every order in which the letters can arrive, and ends the same.
"""

from collections.abc import Callable

import pytest

from services.requests import model
from services.requests.model import CompletionReason, Ending, Status, Turn
from tests.unit.requests.accounts import NETWORK
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline, turn

Act = Callable[[Federation], object]


def progress(federation: Federation) -> None:
    federation.edit("gigatera", status=Status.WAITING_FOR)


def wait(federation: Federation) -> None:
    federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="Which one?")


def complete(federation: Federation) -> None:
    federation.complete("gigatera", "workaround", note="Sand.")


def refuse(federation: Federation) -> None:
    decline(federation, "gigatera")


def resume(federation: Federation) -> None:
    federation.edit("gigatera", status=Status.IN_PROGRESS)


def take_back(federation: Federation) -> None:
    federation.edit("widget", team=NETWORK)


def close(federation: Federation) -> None:
    federation.complete("widget", "gone")


def withdraw(federation: Federation) -> None:
    federation.edit("widget", who=model.Who.REQUESTER, status=Status.COMPLETED)


def answer(federation: Federation) -> None:
    federation.edit("widget", team=federation.partners_team("widget", "gigatera"), note="The red one.")


def cross(start: Turn, customer: Act, provider: Act) -> Federation:
    """Both act at the same moment; the letters of the two cross, whichever side hears first."""
    ends = []
    for first in ("widget", "gigatera"):
        federation = at(start)
        customer(federation)
        provider(federation)
        for letter in [letter for letter in federation.on_the_way if letter.recipient == first]:
            federation.deliver(letter)
        federation.settle()
        ends.append(federation)
    one, other = ends
    for name in ("widget", "gigatera"):
        mine, theirs = one.request(name), other.request(name)
        assert (mine.status, mine.team, mine.completion_reason) == (
            theirs.status,
            theirs.team,
            theirs.completion_reason,
        )
    return one


@pytest.mark.parametrize("provider", [progress, wait])
def test_taken_back_while_the_provider_progresses_or_waits(provider):
    federation = cross(Turn.WITH, take_back, provider)
    ours, theirs = federation.request("widget"), federation.request("gigatera")
    assert (ours.live, ours.team, turn(federation)) == (True, NETWORK, Turn.ENDED)
    assert theirs.completion_reason is CompletionReason.WITHDRAWN


@pytest.mark.parametrize("provider", [complete, refuse])
def test_taken_back_while_the_provider_completes_or_declines(provider):
    federation = cross(Turn.WITH, take_back, provider)
    ours, theirs = federation.request("widget"), federation.request("gigatera")
    assert (ours.live, ours.team, turn(federation)) == (True, NETWORK, Turn.ENDED)
    assert any("arrived after you took it back" in line for line in federation["widget"].history)
    own = CompletionReason.WORKAROUND if provider is complete else CompletionReason.DECLINED
    assert theirs.completion_reason is own
    assert theirs.above.ended is Ending.TAKEN_BACK


@pytest.mark.parametrize("customer", [close, withdraw])
@pytest.mark.parametrize("provider", [progress, wait])
def test_completed_or_withdrawn_while_the_provider_works_or_waits(customer, provider):
    federation = cross(Turn.WITH, customer, provider)
    ours, theirs = federation.request("widget"), federation.request("gigatera")
    assert not ours.live
    assert ours.completion_reason is (
        CompletionReason.GONE if customer is close else CompletionReason.WITHDRAWN
    )
    assert theirs.completion_reason is CompletionReason.WITHDRAWN


@pytest.mark.parametrize("customer", [close, withdraw])
@pytest.mark.parametrize("provider", [complete, refuse])
def test_completed_or_withdrawn_while_the_provider_completes_or_declines(customer, provider):
    federation = cross(Turn.WITH, customer, provider)
    theirs = federation.request("gigatera")
    assert not federation.request("widget").live
    own = CompletionReason.WORKAROUND if provider is complete else CompletionReason.DECLINED
    assert theirs.completion_reason is own


@pytest.mark.parametrize(("provider", "ends"), [(complete, Turn.RETURNED), (refuse, Turn.REFUSED)])
def test_answered_while_the_provider_completes_or_declines(provider, ends):
    federation = cross(Turn.ASKED, answer, provider)
    assert turn(federation) is ends
    theirs = federation.request("gigatera")
    own = CompletionReason.WORKAROUND if provider is complete else CompletionReason.DECLINED
    assert theirs.completion_reason is own
    assert "The red one." in federation["gigatera"].public_texts(theirs)


def test_answered_while_the_provider_resumes():
    federation = cross(Turn.ASKED, answer, resume)
    theirs = federation.request("gigatera")
    assert turn(federation) is Turn.WITH
    assert theirs.status is Status.IN_PROGRESS
    assert "The red one." in federation["gigatera"].public_texts(theirs)


def test_answered_while_the_provider_resumes_and_asks_something_else():
    def ask_again(federation: Federation) -> None:
        resume(federation)
        federation.edit("gigatera", status=Status.WAITING_FOR_CUSTOMER, note="And which floor?")

    federation = cross(Turn.ASKED, answer, ask_again)
    theirs, link = federation.request("gigatera"), federation.request("widget").below[0]
    assert turn(federation) is Turn.ASKED
    assert theirs.status is Status.WAITING_FOR_CUSTOMER
    assert theirs.above.question == link.question != link.answered


@pytest.mark.parametrize("then", [None, complete, refuse])
def test_a_solution_is_rejected_while_the_provider_takes_it_up_again(then):
    def take_up_again(federation: Federation) -> None:
        resume(federation)
        if then is not None:
            then(federation)

    federation = cross(Turn.RETURNED, answer, take_up_again)
    ours, theirs = federation.request("widget"), federation.request("gigatera")
    assert turn(federation) is Turn.WITH
    assert (theirs.status, theirs.reopen_count, theirs.above.episode) == (
        Status.ASSIGNED,
        1,
        model.Episode(1, 2),
    )
    assert ours.status is theirs.status
    assert (ours.member and ours.member.name) == (theirs.member and theirs.member.name)


@pytest.mark.parametrize("provider", [progress, wait, complete, refuse])
def test_handed_over_again_while_anything_of_the_old_episode_arrives(provider):
    def again(federation: Federation) -> None:
        take_back(federation)
        federation.give("widget", "gigatera")

    federation = cross(Turn.WITH, again, provider)
    theirs, link = federation.request("gigatera"), federation.request("widget").below[0]
    assert turn(federation) is Turn.WITH
    assert (theirs.status, theirs.live) == (Status.ASSIGNED, True)
    assert theirs.above.episode == link.episode == model.Episode(1, 2)
    assert theirs.reopen_count == 0, "a crossing never counts as a rejected solution"
