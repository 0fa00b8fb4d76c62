"""What the account's agreements link with a partner, and what follows: who is shown our cards, and which of
the partner's organizations stand in All Organizations.

Agreements come as copies from the slas service; each of their events, and each of trusts, has the partner
looked at again, as does a timer. So what follows is rebuilt from what stands, whatever was missed.
"""

from __future__ import annotations

from typing import Any

import structlog

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import InterdeskError
from services.common.store import decide_again
from services.federation.partners.trusts import ACTIVE, ENDED, SUSPENDED
from services.organizations import store
from services.organizations.actions.contact_cards import cards
from services.organizations.actions.saving import records, save
from services.organizations.model.links import Link, is_linked, link_of, with_link

log = structlog.get_logger(__name__)

AGREEMENTS = ("sla", "flsa")


def links_with(context: Context, partner: str) -> frozenset[Link]:
    """What active agreements link with this partner, while the trust stands. Raises Unavailable."""
    trust = records(context, "trust").find_one({"_id": partner})
    if trust is None or trust.state["status"] not in (ACTIVE, SUSPENDED):
        return frozenset()
    foreign = _known(context, partner).keys()
    found = (
        link_of(agreement, partner, _provider_of(context, agreement), foreign)
        for agreement in _agreements(context, partner)
    )
    return frozenset(link for link in found if link is not None)


def follow(context: Context, partner: str) -> None:
    """Brings everything between us and the partner to what its links entitle to. Raises Unavailable."""
    links = links_with(context, partner)
    shown = store.records(context, store.CARDS).find({"partner": partner})
    for id in sorted({link.own_id for link in links} | {each.state["organization_id"] for each in shown}):
        cards.show(context, partner, id, any(link.own_id == id for link in links))
    over = _is_over(context, partner)
    for id, organization in _known(context, partner).items():
        has_card = organization.get("card") is not None
        if organization.get("linked") != is_linked(organization, id, links) or (over and has_card):
            _link(context, partner, id, links)


def follow_agreement(context: Context, record: dict[str, Any]) -> None:
    """An SLA or FLSA was saved. Raises Unavailable."""
    partner = (record.get("account") or record.get("customer_account") or {}).get("id")
    if partner is not None:
        follow(context, partner)


def follow_provider(context: Context, instance_id: int) -> None:
    """A service instance was saved: another organization may provide it. Raises Unavailable."""
    leading = {"service_instance_id": instance_id, "status": "active"}
    for agreement in context.copies.find("sla", leading):
        follow_agreement(context, agreement)


def follow_all(context: Context) -> None:
    """As `follow`, for every partner; one that it fails for keeps no other from it."""
    for trust in list(store.records(context, store.TRUSTS).find({})):
        try:
            follow(context, str(trust.id))
        except InterdeskError as error:
            log.warning("what is linked with a partner is not known yet", partner=trust.id, code=error.code)


@decide_again
def _link(context: Context, partner: str, id: int, links: frozenset[Link]) -> None:
    record = records(context, "organization").get(id)
    linked, state = is_linked(record.state, id, links), record.state
    if state.get("card") is not None and _is_over(context, partner):
        state = {**state, "card": None, "card_at": context.clock.now()}
    state = with_link(state, linked, context.clock.now())
    changes = {"linked": [bool(record.state.get("linked")), linked]}
    save(context, Actor.system(context.account), "organization", record, state, changes, "linked")


def _known(context: Context, partner: str) -> dict[int, dict[str, Any]]:
    """The partner's organizations, by id: whether each is linked and has a card, of which the name is enough
    here."""
    with answering():
        found = context.database[store.ORGANIZATIONS].find(
            {"account.id": partner}, {"linked": 1, "card.name": 1}
        )
        return {each["_id"]: each for each in found}


def _is_over(context: Context, partner: str) -> bool:
    """An ended trust takes the partner's cards with it: no word can come that withdraws them."""
    trust = records(context, "trust").find_one({"_id": partner})
    return trust is None or trust.state["status"] == ENDED


def _agreements(context: Context, partner: str) -> list[dict[str, Any]]:
    whose = ({"account.id": partner}, {"customer_account.id": partner})
    return [
        agreement
        for kind in AGREEMENTS
        for wanted in whose
        for agreement in context.copies.find(kind, {**wanted, "status": "active"})
    ]


def _provider_of(context: Context, agreement: dict[str, Any]) -> int | None:
    """An FLSA names its provider, an SLA leads to it by its service instance."""
    if "service_instance_id" not in agreement:
        named: int | None = agreement.get("provider_id")
        return named
    instance = context.copies.get("service_instance", agreement["service_instance_id"]) or {}
    provider: int | None = instance.get("provider_id")
    return provider
