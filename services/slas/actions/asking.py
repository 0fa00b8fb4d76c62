"""What the requests service asks: which agreement allows a hand-over, and what an agreement leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid, NotFound
from services.federation.partners.trusts import ACTIVE as ACTIVE_TRUST
from services.slas import store
from services.slas.actions.coverage_groups import groups_of
from services.slas.actions.saving import records
from services.slas.actions.trusts import trust_with
from services.slas.model.coverage import (
    Agreement,
    Asking,
    Group,
    NotCovered,
    Target,
    chosen_in,
    permitted,
)
from services.slas.model.shapes import covered_ids, shares_requester_target
from services.slas.model.status import ACTIVE

Document = dict[str, Any]

_MAX_LEVELS = 50


def agreement_for(
    context: Context,
    actor: Actor,
    target_service_instance_id: int,
    own_service_instance_id: int | None = None,
    requester_id: int | None = None,
) -> Document:
    """The agreement under which a partner's service instance may be put on a request about
    `own_service_instance_id` (None: about none of ours) by `actor`, for `requester_id`.

        {agreement: thread, sla_id, partner: {id, name}, service_instance_id, remote_service_instance_id,
         support_team_id, first_line_team_id or None, supplier_id, customer_organization_id,
         shares_requester_target}

    Ids are ours, but for the remote one. Raises Invalid `no_agreement`, whose text says why not and what
    would be allowed; NotFound for a service instance that is not there; Unavailable.
    """
    record = records(context, "service_instance").get(target_service_instance_id)
    instance = record.state
    if instance.get("account") is None:
        text = f'The service instance "{instance["name"]}" is our own: no agreement is needed.'
        raise Invalid("not_foreign", text, [("service_instance_id", text)])
    slas = list(records(context, "sla").find({"service_instance_id": record.id, "discarded": None}))
    covered = {id for sla in slas for id in covered_ids(sla.state)}
    asking = _asking(context, actor, own_service_instance_id, requester_id, covered)
    target = Target(record.id, instance["name"], instance["status"])
    groups = groups_of(context, [sla.state for sla in slas])
    agreements = [_agreement(context, sla.id, sla.state, groups) for sla in slas]
    try:
        chosen = permitted(agreements, target, asking, _names(context, covered))
    except NotCovered as refused:
        text = refused.message
        raise Invalid(refused.code, text, [("service_instance_id", text)]) from refused
    sla = next(each.state for each in slas if each.id == chosen.id)
    return {
        "agreement": sla["thread"]["id"],
        "sla_id": chosen.id,
        "partner": dict(instance["account"]),
        "service_instance_id": record.id,
        "remote_service_instance_id": instance["remote_id"],
        "support_team_id": instance["support_team_id"],
        "first_line_team_id": instance.get("first_line_team_id"),
        "supplier_id": instance.get("provider_id"),
        "customer_organization_id": sla.get("customer_id"),
        "shares_requester_target": shares_requester_target(sla),
    }


def first_line(context: Context, flsa_id: int) -> Document:
    """Where a partner's FLSA leads:

        {agreement: thread, flsa_id, partner: {id, name}, service_desk_team_id, supplier_id}

    Ids are ours. Raises NotFound; Invalid `no_agreement` for one that is our own, not active or of a partner
    whose trust is not.
    """
    flsa = records(context, "flsa").get(flsa_id).state
    account = flsa.get("account")
    trust = trust_with(context, account["id"]) if account else None
    if account is None or flsa["status"] != ACTIVE or trust is None or trust.status != ACTIVE_TRUST:
        raise Invalid("no_agreement", f'Nothing can be handed over under "{flsa["name"]}" now.')
    return {
        "agreement": flsa["thread"]["id"],
        "flsa_id": flsa_id,
        "partner": dict(account),
        "service_desk_team_id": flsa["service_desk_team_id"],
        "supplier_id": flsa["provider_id"],
    }


def agreement(context: Context, partner: str, thread: str) -> Document:
    """What an agreement of ours with `partner` leads to, on the provider's side:

        {sla_id, name, status, service_id, service_instance_id, service_instance_name, support_team_id,
         first_line_team_id or None, customer_organization_id, coverage}

    An FLSA leads to its service desk and to no service instance:

        {flsa_id, name, status, service_instance_id: None, support_team_id, customer_organization_id}

    Raises NotFound when there is no such agreement (or the partner is its provider).
    """
    kind, sla = store.of_thread(context, partner, thread) or ("sla", None)
    if sla is None or sla.state.get("account") is not None:
        raise NotFound("unknown_agreement", "There is no such agreement with this account.")
    if kind == "flsa":
        return {
            "flsa_id": sla.id,
            "name": sla.state["name"],
            "status": sla.state["status"],
            "service_instance_id": None,
            "support_team_id": sla.state["service_desk_team_id"],
            "customer_organization_id": sla.state.get("customer_id"),
        }
    instance = records(context, "service_instance").get(sla.state["service_instance_id"]).state
    return {
        "sla_id": sla.id,
        "name": sla.state["name"],
        "status": sla.state["status"],
        "service_id": instance["service_id"],
        "service_instance_id": sla.state["service_instance_id"],
        "service_instance_name": instance["name"],
        "support_team_id": instance["support_team_id"],
        "first_line_team_id": instance.get("first_line_team_id"),
        "customer_organization_id": sla.state.get("customer_id"),
        "coverage": sla.state["coverage"],
    }


def _agreement(context: Context, id: int, sla: Mapping[str, Any], groups: Mapping[int, Group]) -> Agreement:
    account = sla["account"]
    trust = trust_with(context, account["id"])
    return Agreement(
        id=id,
        name=sla["name"],
        partner=account["id"],
        partner_name=account["name"],
        trust=trust.status if trust else "ended",
        status=sla["status"],
        service_instance_id=sla["service_instance_id"],
        **chosen_in(sla, groups),
    )


def _asking(
    context: Context, actor: Actor, own_id: int | None, requester_id: int | None, covered: set[int]
) -> Asking:
    return Asking(
        own_service_instance_id=own_id,
        requester_id=requester_id,
        organization_ids=organizations_of(context, requester_id),
        site_id=site_of(context, requester_id),
        supported_instance_ids=supported_by(context, actor.team_ids, covered),
    )


def organizations_of(context: Context, requester_id: int | None) -> tuple[int, ...]:
    """The requester's organization, and those above it."""
    person = context.copies.get("person", requester_id) if requester_id is not None else None
    above: list[int] = []
    next_id = person.get("organization_id") if person else None
    while next_id is not None and next_id not in above and len(above) < _MAX_LEVELS:
        above.append(next_id)
        organization = context.copies.get("organization", next_id) or {}
        next_id = organization.get("parent_id")
    return tuple(above)


def site_of(context: Context, requester_id: int | None) -> int | None:
    """The site at which the requester works."""
    person = context.copies.get("person", requester_id) if requester_id is not None else None
    return person.get("site_id") if person else None


def supported_by(context: Context, team_ids: frozenset[int], covered: set[int]) -> frozenset[int]:
    """Those of the covered service instances that one of these teams supports."""
    if not team_ids or not covered:
        return frozenset()
    found = context.database[store.SERVICE_INSTANCES].find(
        {"_id": {"$in": sorted(covered)}}, {"support_team_id": 1, "first_line_team_id": 1}
    )
    return frozenset(
        each["_id"]
        for each in found
        if {each.get("support_team_id"), each.get("first_line_team_id")} & team_ids
    )


def _names(context: Context, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    found = context.database[store.SERVICE_INSTANCES].find({"_id": {"$in": sorted(ids)}}, {"name": 1})
    return {each["_id"]: each["name"] for each in found}
