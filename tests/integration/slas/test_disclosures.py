"""What an SLA makes visible is told before it is saved, on both sides."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Forbidden, Invalid
from services.slas.actions import disclosures
from tests.integration.slas.accounts import Hosting, Side
from tests.integration.slas.registering import update


def lines(side: Side, fields: dict[str, Any], id: int | None = None) -> list[dict[str, Any]]:
    return disclosures.of_agreement(side.context, side.manager, "sla", fields, id)


def seen_by(told: list[dict[str, Any]], who: str) -> list[str]:
    return [line["sees"] for line in told if line["to"] == who]


def test_what_a_new_sla_shows_is_told_and_nothing_is_saved(gigatera: Side, hosting: Hosting) -> None:
    told = lines(gigatera, hosting.for_widget)
    assert [line["id"] for line in told] == list(range(1, len(told) + 1))
    shown = seen_by(told, "Widget Data Center")
    assert 'the name of the support team "GigaTera Operations"' in shown
    assert seen_by(told, "GigaTera")
    assert (gigatera.slas(), gigatera.written()) == ([], [])


@pytest.mark.parametrize("kind", ["sla", "flsa"])
def test_looking_introduces_no_customer(gigatera: Side, hosting: Hosting, kind: str) -> None:
    gigatera.directory.records.pop(("organization", hosting.customer_id))
    before = dict(gigatera.directory.records)
    flsa = {"name": "Desk", "service_desk_team_id": 1, "customer_account_id": "widget", "status": "active"}
    fields = {name: value for name, value in hosting.for_widget.items() if name != "customer_id"}
    looked = flsa if kind == "flsa" else fields
    told = disclosures.of_agreement(gigatera.context, gigatera.manager, kind, looked)
    assert gigatera.directory.records == before
    text = 'the name by which the organization "Widget Data Center" is known there'
    assert text in seen_by(told, "Widget Data Center")


def test_what_could_not_be_saved_is_refused(gigatera: Side, hosting: Hosting) -> None:
    with pytest.raises(Invalid) as refused:
        lines(gigatera, {**hosting.for_widget, "customer_account_id": "globalnet"})
    assert refused.value.errors[0][0] == "customer_account_id"
    with pytest.raises(Forbidden):
        disclosures.of_agreement(gigatera.context, gigatera.actor("specialist"), "sla", hosting.for_widget)


def test_the_customer_is_told_before_it_names_representatives(widget: Side, agreed: dict[str, Any]) -> None:
    before = lines(widget, {}, agreed["id"])
    after = lines(widget, {"customer_representative_ids": [2]}, agreed["id"])
    assert [line["to"] for line in after if line not in before] == ["Bob", "Bob"]
    assert 'the name of the service "Hosting"' in seen_by(before, "Widget Data Center")
    assert widget.document("slas", agreed["id"])["customer_representative_ids"] == []


def test_the_customer_is_told_before_it_shares_its_requesters_targets(
    gigatera: Side, widget: Side, agreed: dict[str, Any]
) -> None:
    update(gigatera, agreed["remote_id"], asks_requester_target=True)
    gigatera.deliver(widget)
    before = lines(widget, {}, agreed["id"])
    after = seen_by(lines(widget, {"shares_requester_target": True}, agreed["id"]), "GigaTera")
    (new,) = set(after) - set(seen_by(before, "GigaTera"))
    assert "expects the resolution" in new
