"""The shared core: one owner, versions downwards, proposals upwards (handover.md rule 11)."""

from datetime import timedelta
from typing import Any

import pytest

from services.requests import model
from services.requests.model import Category, Impact, Incoming, InvalidField, MissingFields, Status, Turn
from tests.unit.requests.accounts import INSTANCE, NETWORK, START
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, sent_by


def chain() -> Federation:
    federation = at(Turn.WITH)
    federation.give("gigatera", "globalnet")
    federation.settle()
    return federation


def cores(federation: Federation) -> set[model.Core]:
    return {federation.request(name).core for name in ("widget", "gigatera", "globalnet")}


def test_the_owners_change_goes_down_the_chain_under_one_version():
    federation = chain()
    step = federation.edit("widget", subject="Printer glows", impact=Impact.HIGH)
    assert sent_by(step) == ["core_changed → gigatera"]
    assert step.outgoing[0].body["core"] == {"subject": "Printer glows", "impact": "high"}
    federation.settle()
    (core,) = cores(federation)
    assert (core.subject, core.impact, core.version) == ("Printer glows", Impact.HIGH, 2)


def test_a_change_further_down_is_a_proposal_that_the_owner_takes():
    federation = chain()
    step = federation.edit("globalnet", impact=Impact.TOP)
    assert sent_by(step) == ["core_changed → gigatera"]
    assert step.request.core.impact is Impact.LOW, "it is the owner's to change"
    assert step.history[0].what == "proposed"
    federation.settle()
    (core,) = cores(federation)
    assert (core.impact, core.version) == (Impact.TOP, 2)


def test_changes_of_both_sides_at_once_end_with_the_same_core():
    federation = chain()
    federation.edit("widget", subject="Printer glows", impact=Impact.HIGH)
    federation.edit("globalnet", impact=Impact.TOP)
    federation.edit("gigatera", subject="Fire in the office")
    federation.settle()
    (core,) = cores(federation)
    assert core.version == 4


@pytest.mark.parametrize("version", [1, 2])
def test_a_lower_or_equal_version_is_recorded_only(version):
    federation = at(Turn.WITH)
    federation.edit("widget", subject="Printer glows")
    federation.settle()
    before = federation.request("gigatera")
    body = {"episode": [1, 1], "core_version": version, "core": {"subject": "Old news"}}
    incoming = Incoming("request.core_changed", "m1", "widget", before.above.thread, body)
    step = model.apply(before, incoming, federation["gigatera"].context())
    assert step.request.core == before.core
    assert [line.what for line in step.history] == ["arrived late"]
    assert step.history[0].changes == {"subject": ["Printer glows", "Old news"]}


def test_after_the_end_of_the_episode_changes_do_not_travel():
    federation = at(Turn.RETURNED)
    federation.complete("widget")
    federation.settle()
    assert sent_by(federation.edit("widget", subject="Ash")) == []
    with pytest.raises(InvalidField, match="belong to widget"):
        federation.edit("gigatera", subject="Ash")


def test_a_late_change_or_proposal_of_an_ended_episode_is_recorded_only():
    federation = at(Turn.WITH)
    federation.edit("gigatera", subject="From gigatera")
    federation.edit("widget", team=NETWORK)
    federation.settle()
    assert federation.request("widget").core.subject == "Printer on fire"
    assert any("proposed a change" in line for line in federation["widget"].history)


def test_a_new_episode_brings_the_whole_core():
    federation = at(Turn.WITH)
    federation.edit("widget", team=NETWORK)
    federation.edit("widget", subject="Printer glows")
    federation.give("widget", "gigatera")
    federation.settle()
    assert federation.request("gigatera").core == federation.request("widget").core


def test_a_change_beside_a_hand_over_travels_in_it():
    federation = at(Turn.REFUSED)
    step = federation.give("widget", "globalnet", subject="Printer glows")
    give = next(m for m in step.outgoing if m.type == "request.handed_over")
    assert give.body["core"]["subject"] == "Printer glows"


def test_some_categories_are_the_owners_only():
    federation = at(Turn.WITH)
    with pytest.raises(InvalidField, match="another account"):
        federation.edit("gigatera", category=Category.COMPLAINT)
    federation.edit("widget", category=Category.RFI)
    federation.settle()
    assert federation.request("gigatera").core.category is Category.RFI


def test_what_says_nothing_new_changes_nothing():
    federation = at(Turn.WITH)
    step = federation.edit("widget", subject="Printer on fire", status=Status.IN_PROGRESS)
    assert (step.outgoing, step.history, step.events, step.notes) == ((), (), (), ())
    assert step.request == federation.request("widget")


def test_an_incident_with_a_service_instance_has_an_impact():
    federation = Federation()
    with pytest.raises(MissingFields, match="impact"):
        federation.create("widget", service_instance=INSTANCE, impact=None)
    request = federation.create("widget", impact=None)
    with pytest.raises(MissingFields, match="impact"):
        federation.edit("widget", request.id, service_instance=INSTANCE)
    federation.edit("widget", request.id, service_instance=INSTANCE, impact=Impact.LOW)
    with pytest.raises(MissingFields, match="impact"):
        federation.edit("widget", request.id, impact=None)


def test_a_provider_does_not_say_who_asked_nor_choose_a_category_of_the_owners():
    federation = chain()
    account = federation["gigatera"]
    link = federation.request("gigatera").below[0]
    says = {"requester": "Somebody Else", "category": "complaint", "subject": "Printer glows"}
    body = {"episode": [1, 1], "core_version": 1, "core": says}
    incoming = Incoming("request.core_changed", "m1", "globalnet", link.thread, body)
    step = account.keep(model.apply(federation.request("gigatera"), incoming, account.context()))
    assert step.outgoing[0].body["core"] == {"subject": "Printer glows"}
    account = federation["widget"]
    up = federation.request("widget").below[0].thread
    incoming = Incoming("request.core_changed", "m2", "gigatera", up, body)
    core = model.apply(federation.request("widget"), incoming, account.context()).request.core
    assert (core.subject, core.requester, core.category) == ("Printer glows", "Robin", Category.INCIDENT)


@pytest.mark.parametrize("account", ["widget", "gigatera"])
def test_a_downtime_does_not_end_before_it_starts(account):
    federation = at(Turn.WITH)
    federation.edit("widget", downtime_start_at=START)
    federation.settle()
    earlier, later = START - timedelta(minutes=1), START + timedelta(minutes=1)
    federation.edit(account, downtime_end_at=START)
    too_early: list[dict[str, Any]] = [
        {"downtime_end_at": earlier},
        {"downtime_start_at": later, "downtime_end_at": START},
    ]
    for changes in too_early:
        with pytest.raises(InvalidField, match="end before it starts") as refused:
            federation.edit(account, **changes)
        assert [field for field, _ in refused.value.errors] == list(changes)
    federation.edit(account, downtime_start_at=None, downtime_end_at=earlier)


def test_a_new_requests_downtime_does_not_end_before_it_starts():
    with pytest.raises(InvalidField, match="end before it starts"):
        Federation().create("widget", downtime_start_at=START, downtime_end_at=START - timedelta(minutes=1))
