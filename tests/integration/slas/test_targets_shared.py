"""The provider asks to be told the requesters' targets, and the customer's account allows it."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Invalid
from services.slas.actions import asking
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.registering import register, update, within


def shares(widget: Side, webshop: int) -> bool:
    """What a hand-over is told."""
    (copy,) = widget.slas()
    specialist = widget.actor("specialist")
    answer = asking.agreement_for(widget.context, specialist, copy["service_instance_id"], webshop, 1)
    return bool(answer["shares_requester_target"])


def test_a_target_is_shared_while_the_provider_asks_and_the_customer_allows_it(
    gigatera: Side, widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    (sla,) = gigatera.slas()
    update(widget, agreed["id"], shares_requester_target=True)
    assert (widget.slas()[0]["asks_requester_target"], shares(widget, webshop)) == (False, False)
    update(gigatera, sla["_id"], asks_requester_target=True)
    assert [type for type, _ in gigatera.deliver(widget)] == ["agreement.changed.v1"]
    assert (widget.slas()[0]["asks_requester_target"], shares(widget, webshop)) == (True, True)
    update(widget, agreed["id"], shares_requester_target=False)
    assert not shares(widget, webshop)
    assert widget.written() == [], "what the customer allows it tells nobody"


def test_who_does_not_ask_says_nothing_of_it(gigatera: Side, agreed: dict[str, Any]) -> None:
    (sla,) = gigatera.slas()
    assert "asks_requester_target" not in sla["told"]["sla"]
    update(gigatera, sla["_id"], remarks="Nothing that is told.")
    assert len(gigatera.written()) == 1


def test_only_the_customer_allows_it_and_only_the_provider_asks(
    gigatera: Side, hosting: Hosting, widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    (sla,) = gigatera.slas()
    with pytest.raises(Invalid) as refused:
        update(gigatera, sla["_id"], shares_requester_target=True)
    assert "is said by" in str(refused.value.errors)
    with pytest.raises(Invalid, match=r"GigaTera's"):
        update(widget, agreed["id"], asks_requester_target=True)
    with pytest.raises(Invalid) as refused:
        within(widget, webshop, asks_requester_target=True)
    assert [name for name, _ in refused.value.errors] == ["asks_requester_target"]


def test_it_is_asked_with_the_offer(gigatera: Side, hosting: Hosting, widget: Side) -> None:
    register(gigatera, hosting, asks_requester_target=True)
    gigatera.deliver(widget)
    assert widget.slas()[0]["asks_requester_target"] is True
    assert widget.slas()[0]["shares_requester_target"] is False
