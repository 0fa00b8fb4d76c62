"""Until when the customer's requester expects it: the provider is told where the agreement shares it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from services.requests import model
from services.requests.model import Incoming, Status, Step, Turn
from tests.unit.requests.accounts import NETWORK, SPECIALIST, START
from tests.unit.requests.federation import Federation
from tests.unit.requests.stages import at, sent_by

NOON = START + timedelta(hours=4)
NAME = "requester_resolution_target_at"


def expected(federation: Federation, target: datetime | None) -> Step:
    """Widget's clocks say until when."""
    widget = federation["widget"]
    request = replace(federation.request("widget"), requester_resolution_target_at=target)
    widget.requests[request.id] = request
    return federation.post("widget", model.targets_said(request, widget.context()))


def shared(*, shares: bool = True) -> Federation:
    """Handed over by widget, whose requester expects it by noon."""
    federation = Federation()
    federation.create("widget", team=NETWORK, member=SPECIALIST)
    leads = federation["widget"].leads
    leads["gigatera"] = replace(leads["gigatera"], shares_target=shares)
    assert expected(federation, NOON).outgoing == ()
    federation.give("widget", "gigatera")
    federation.settle()
    return federation


def known(federation: Federation) -> datetime | None:
    above = federation.request("gigatera").above
    assert above is not None
    return above.target_at


def bodies(federation: Federation) -> list[dict[str, Any]]:
    return [letter.message.body for letter in federation.all_sent if letter.message.direction == "down"]


def test_it_goes_with_the_hand_over_and_whenever_it_is_another() -> None:
    federation = shared()
    assert known(federation) == NOON
    step = expected(federation, NOON + timedelta(hours=1))
    assert sent_by(step) == ["core_changed → gigatera"]
    federation.settle()
    assert known(federation) == NOON + timedelta(hours=1)
    assert expected(federation, NOON + timedelta(hours=1)).outgoing == ()
    expected(federation, None)
    federation.settle()
    assert known(federation) is None


def test_where_the_agreement_does_not_share_it_nothing_of_it_leaves() -> None:
    federation = shared(shares=False)
    assert expected(federation, NOON + timedelta(hours=1)).outgoing == ()
    assert known(federation) is None
    assert not [body for body in bodies(federation) if NAME in body]


def test_telling_it_changes_nothing_else_on_either_side() -> None:
    federation = shared()
    before, history = federation.request("gigatera"), list(federation["gigatera"].history)
    expected(federation, NOON + timedelta(hours=1))
    federation.settle()
    after = federation.request("gigatera")
    assert after.core == before.core
    assert (after.status, after.team, after.note_count) == (before.status, before.team, before.note_count)
    assert federation["gigatera"].history == history


def test_a_version_that_does_not_know_of_it_records_a_change_that_is_none() -> None:
    federation = shared()
    (message,) = expected(federation, NOON + timedelta(hours=1)).outgoing
    body = {name: value for name, value in message.body.items() if name != NAME}
    gigatera, request = federation["gigatera"], federation.request("gigatera")
    heard = Incoming(message.type, message.id, "widget", message.thread, body)
    step = model.apply(request, heard, gigatera.context())
    assert step.request.core == request.core
    assert (step.outgoing, [line.what for line in step.history]) == ((), ["arrived late"])


def test_a_new_round_tells_it_anew_and_one_that_is_over_hears_nothing() -> None:
    federation = shared()
    federation.complete("gigatera", note="Put out.")
    federation.settle()
    expected(federation, NOON + timedelta(hours=2))
    link = federation.request("widget").link
    assert link is not None
    federation.edit("widget", team=link.team, note="It still burns.")
    federation.settle()
    assert known(federation) == NOON + timedelta(hours=2)
    federation.edit("widget", team=NETWORK)
    federation.settle()
    assert expected(federation, NOON).outgoing == ()
    assert known(federation) == NOON + timedelta(hours=2)


def test_it_is_stated_again_with_all_the_rest() -> None:
    federation = shared()
    widget, gigatera = federation["widget"], federation["gigatera"]
    lost = federation.request("gigatera")
    assert lost.above is not None
    gigatera.requests[lost.id] = replace(lost, above=replace(lost.above, target_at=None))
    federation.post(
        "widget", model.state_again(federation.request("widget"), lost.above.thread, widget.context())
    )
    federation.settle()
    assert known(federation) == NOON


def test_in_a_chain_neither_end_learns_it() -> None:
    federation = shared()
    leads = federation["gigatera"].leads
    leads["globalnet"] = replace(leads["globalnet"], shares_target=True)
    federation.give("gigatera", "globalnet")
    federation.settle()
    above = federation.request("globalnet").above
    assert above is not None
    assert above.target_at is None
    expected(federation, NOON + timedelta(hours=1))
    federation.settle()
    assert not [
        letter
        for letter in federation.all_sent
        if letter.recipient == "globalnet" and letter.message.body.get(NAME)
    ]


def test_without_an_agreement_that_shares_it_a_request_is_as_ever() -> None:
    federation = at(Turn.WITH)
    assert federation.request("gigatera").status is Status.IN_PROGRESS
    assert known(federation) is None
