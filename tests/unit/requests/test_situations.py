"""What the account's clocks hear of a request, and what its people read of it."""

from __future__ import annotations

from typing import Any

import pytest

from services.requests import model
from services.requests.model import Clock, NotAllowed, Status, Turn, Who
from tests.unit.requests.accounts import INSTANCE, SUPPORT
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
