"""Which agreement a request may be handed over under."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.errors import Invalid, NotFound
from services.slas.actions import asking
from tests.integration.slas.accounts import Hosting, Side, own_instance, trust
from tests.integration.slas.registering import register, update


def test_a_covered_request_may_be_handed_over_and_leads_to_the_providers_team(
    gigatera: Side, widget: Side, hosting: Hosting, webshop: int, agreed: dict[str, Any]
) -> None:
    instance = widget.document("service_instances", agreed["service_instance_id"])
    specialist = widget.actor("specialist")
    answer = asking.agreement_for(widget.context, specialist, agreed["service_instance_id"], webshop, 1)
    assert answer == {
        "agreement": agreed["thread"],
        "sla_id": agreed["id"],
        "partner": {"id": "gigatera", "name": "GigaTera"},
        "service_instance_id": agreed["service_instance_id"],
        "remote_service_instance_id": hosting.instance_id,
        "support_team_id": instance["support_team_id"],
        "first_line_team_id": instance["first_line_team_id"],
        "supplier_id": instance["provider_id"],
        "customer_organization_id": 1,
        "shares_requester_target": False,
    }
    there = asking.agreement(gigatera.context, "widget", answer["agreement"])
    assert (there["status"], there["support_team_id"]) == ("active", 2)
    assert (there["service_instance_id"], there["customer_organization_id"]) == (hosting.instance_id, 7)


def test_a_hand_over_that_no_agreement_covers_is_refused_with_what_is_allowed(
    widget: Side, agreed: dict[str, Any]
) -> None:
    payroll = own_instance(widget, "Payroll", support_team_id=1)
    target = agreed["service_instance_id"]
    with pytest.raises(Invalid) as refused:
        asking.agreement_for(widget.context, widget.actor("specialist"), target, payroll, 1)
    assert refused.value.code == "no_agreement"
    assert '"Hosting for Widget" covers requests about "Webshop"' in refused.value.message
    supporter = widget.actor("specialist", teams=(2,))
    assert asking.agreement_for(widget.context, supporter, target, None, 1)["sla_id"] == agreed["id"]


def test_nothing_new_goes_to_a_partner_whose_trust_is_suspended(
    widget: Side, webshop: int, agreed: dict[str, Any]
) -> None:
    trust(widget, "gigatera", "suspended")
    with pytest.raises(Invalid, match="The trust with GigaTera is suspended"):
        asking.agreement_for(
            widget.context, widget.actor("specialist"), agreed["service_instance_id"], webshop, 1
        )


def test_an_agreement_is_known_only_together_with_its_partner(gigatera: Side, agreed: dict[str, Any]) -> None:
    with pytest.raises(NotFound):
        asking.agreement(gigatera.context, "globalnet", agreed["thread"])


def test_coverage_by_organization_looks_at_those_above_the_requesters(
    gigatera: Side, widget: Side, hosting: Hosting
) -> None:
    register(gigatera, hosting, coverage="organizations_and_descendants")
    gigatera.deliver(widget)
    (copy,) = widget.slas()
    widget.directory.keep("organization", 2, name="Sales", parent_id=1)
    widget.directory.keep("person", 5, name="Cat", organization_id=2)
    update(widget, copy["_id"], organization_ids=[1])
    target, nobody = copy["service_instance_id"], widget.actor()
    assert asking.agreement_for(widget.context, nobody, target, None, 5)["sla_id"] == copy["_id"]
    update(widget, copy["_id"], organization_ids=[])
    with pytest.raises(Invalid, match="no chosen organizations yet"):
        asking.agreement_for(widget.context, nobody, target, None, 5)
