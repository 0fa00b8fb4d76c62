"""What the account's clocks hear of a request, and what its people read of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.requests import model
from services.requests.model import Clock, NotAllowed, Status, Turn, Who
from tests.unit.requests.accounts import COLLEAGUE, INSTANCE, NETWORK, SPECIALIST, SUPPORT
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, decline

STOPPED = "The clock has stopped: the provider is not accountable."
RUNS = "The clock runs again."


def heard(federation: Federation, name: str) -> list[dict[str, Any]]:
    return [e.facts for e in federation[name].events if e.type == "request.situation_changed"]


def system_notes(federation: Federation, name: str) -> list[str]:
    (notes,) = federation[name].notes.values()
    return [note.text for note in notes if note.medium is model.Medium.SYSTEM]


def registered() -> Federation:
    federation = Federation()
    federation.create("widget", team=SUPPORT, service_instance=INSTANCE)
    return federation


def test_situations_are_numbered_and_told_whole_when_something_of_them_changes():
    federation = registered()
    federation.edit("widget", note="By the way.", source="crm")
    federation.edit("widget", status=Status.IN_PROGRESS)
    federation.edit("widget", subject="Two printers on fire")
    federation.edit("widget", impact=model.Impact.TOP)
    told = heard(federation, "widget")
    assert [each["n"] for each in told] == [1, 2, 3]
    assert [(each["status"], each["impact"]) for each in told] == [
        ("assigned", "low"),
        ("in_progress", "low"),
        ("in_progress", "top"),
    ]
    assert (told[0]["service_instance_id"], told[0]["about_id"]) == (INSTANCE.id, INSTANCE.id)
    assert (told[0]["customer_account"], told[0]["agreement"]) == (None, None)


def test_statuses_that_are_the_same_to_clocks_and_inboxes_are_not_told_apart():
    federation = registered()
    for status in (Status.ACCEPTED, Status.ON_BACKLOG, Status.IN_PROGRESS, Status.WAITING_FOR):
        federation.edit("widget", status=status)
    federation.edit("widget", status=Status.ASSIGNED)
    told = heard(federation, "widget")
    assert [(each["n"], each["status"], each["begun"]) for each in told] == [
        (1, "assigned", False),
        (2, "accepted", False),  # and has a member since
        (3, "in_progress", True),
        (4, "assigned", False),
    ]


def test_that_a_provider_has_begun_is_told_where_it_works_and_not_above():
    federation = at(Turn.WITH)
    ours, theirs = len(heard(federation, "widget")), len(heard(federation, "gigatera"))
    for status in (Status.ASSIGNED, Status.IN_PROGRESS):
        federation.edit("gigatera", status=status)
        federation.settle()
        assert federation.request("widget").status is status
    assert [each["begun"] for each in heard(federation, "gigatera")[theirs:]] == [False, True]
    assert heard(federation, "widget")[ours:] == []


def test_the_provider_hears_under_which_agreement_it_came_and_the_customer_what_it_is_about():
    federation = at(Turn.WITH)
    theirs, ours = heard(federation, "gigatera")[-1], heard(federation, "widget")[-1]
    assert theirs["customer_account"] == "widget"
    assert theirs["agreement"] == federation["widget"].leads["gigatera"].thread
    assert (theirs["handed_down"], ours["handed_down"]) == (False, False)
    assert ours["service_instance_id"] == federation["widget"].leads["gigatera"].service_instance.id
    assert ours["about_id"] != ours["service_instance_id"]


def test_only_who_passes_on_what_was_handed_over_has_handed_it_down():
    federation = at(Turn.WITH)
    federation.give("gigatera", "globalnet")
    federation.settle()
    assert [heard(federation, name)[-1]["handed_down"] for name in ("widget", "gigatera", "globalnet")] == [
        False,
        True,
        False,
    ]
    decline(federation, "globalnet")
    federation.settle()
    assert heard(federation, "gigatera")[-1]["handed_down"] is False


def test_a_provider_that_is_not_accountable_is_told_of_and_remembered():
    federation = registered()
    federation.edit("widget", provider_not_accountable=True)
    assert model.clock(federation.request("widget")) is Clock.STOPPED_NOT_ACCOUNTABLE
    request = federation.edit("widget", provider_not_accountable=False).request
    assert (request.provider_not_accountable, request.provider_was_not_accountable) == (False, True)
    assert [each["provider_not_accountable"] for each in heard(federation, "widget")] == [False, True, False]
    assert system_notes(federation, "widget") == [STOPPED, RUNS]


def test_a_clock_that_stands_for_two_reasons_runs_when_the_last_is_gone():
    federation = registered()
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="Which?")
    federation.edit("widget", provider_not_accountable=True)
    assert model.clock(federation.request("widget")) is Clock.STOPPED_WAITING
    federation.edit("widget", status=Status.IN_PROGRESS)
    assert model.clock(federation.request("widget")) is Clock.STOPPED_NOT_ACCOUNTABLE
    federation.edit("widget", provider_not_accountable=False)
    assert system_notes(federation, "widget") == [
        "The clock has stopped: waiting for the customer.",
        STOPPED,
        RUNS,
    ]


def test_the_requester_does_not_say_who_is_accountable():
    federation = registered()
    with pytest.raises(NotAllowed):
        federation.edit("widget", who=Who.REQUESTER, provider_not_accountable=True)


def test_that_the_provider_is_not_accountable_stays_in_the_account():
    federation = at(Turn.WITH)
    federation.edit("gigatera", provider_not_accountable=True)
    federation.settle()
    assert model.clock(federation.request("gigatera")) is Clock.STOPPED_NOT_ACCOUNTABLE
    assert model.clock(federation.request("widget")) is Clock.RUNNING
    assert not federation.request("widget").provider_not_accountable


def standing_of(federation: Federation, name: str) -> dict[str, Any]:
    facts = heard(federation, name)[-1]
    return {each: facts[each] for each in ("own_team_id", "own_member_id", "turn", "came_back")}


@pytest.mark.parametrize("turn", list(Turn)[:4])
def test_who_handed_it_over_is_responsible_here_and_hears_when_it_came_back(turn: Turn):
    assert standing_of(at(turn), "widget") == {
        "own_team_id": NETWORK.id,
        "own_member_id": SPECIALIST.id,
        "turn": turn.value,
        "came_back": turn is not Turn.WITH,
    }


def test_given_on_to_a_colleague_it_did_not_come_back_to_him():
    federation = at(Turn.RETURNED)
    federation.edit("widget", member=COLLEAGUE)
    assert standing_of(federation, "widget") == {
        "own_team_id": NETWORK.id,
        "own_member_id": COLLEAGUE.id,
        "turn": "returned",
        "came_back": False,
    }


def test_since_when_it_stands_where_it_does_is_told():
    federation = registered()
    federation.edit("widget", status=Status.IN_PROGRESS)
    federation.edit("widget", impact=model.Impact.TOP)
    federation.edit("widget", status=Status.WAITING_FOR_CUSTOMER, note="Which?")
    federation.edit("widget", status=Status.IN_PROGRESS)
    told = heard(federation, "widget")
    assert [each["n"] for each in told if each["since"] == each["at"]] == [1, 2, 4, 5]
    assert told[2]["since"] == told[1]["at"]  # when he took it


def test_who_comes_back_again_stands_there_anew():
    federation = at(Turn.RETURNED)
    first = heard(federation, "widget")[-1]
    theirs = federation.partners_team("widget", "gigatera")
    federation.edit("widget", team=theirs, note="It still burns.")
    federation.settle()
    federation.complete("gigatera", note="Now it is out.")
    federation.settle()
    again = heard(federation, "widget")[-1]
    assert {**first, "n": 0, "at": "", "since": ""} == {**again, "n": 0, "at": "", "since": ""}
    assert first["since"] < again["since"] == again["at"]


def test_a_request_of_before_stands_where_it_does_since_something_of_it_changes():
    federation = registered()
    account = federation["widget"]
    (request,) = account.requests.values()
    account.requests[request.id] = replace(request, standing_since=None)
    federation.edit("widget", impact=model.Impact.TOP)
    federation.edit("widget", impact=model.Impact.LOW)
    _, first, second = heard(federation, "widget")
    assert second["since"] == first["since"] == first["at"]


def test_who_did_it_is_told_of_the_accounts_own_people_only():
    federation = at(Turn.RETURNED)
    assert heard(federation, "widget")[0]["by_id"] == SPECIALIST.id
    assert heard(federation, "widget")[-1]["by_id"] is None
    assert heard(federation, "gigatera")[0]["by_id"] is None
