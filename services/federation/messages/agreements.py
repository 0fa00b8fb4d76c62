"""Bodies of the messages about an SLA or FLSA: the agreement thread, opened by the provider's account.

The provider tells the agreement, the customer who represents it under an SLA (`represented`).
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import fields

from services.federation.messages import shapes
from services.federation.messages.shapes import Body, Ref
from services.federation.messages.types import MessageType

REPRESENTED: Final = "agreement.represented.v1"

MAX_REPRESENTATIVES: Final = 100

SLA_STATUSES: Final = ("being_prepared", "scheduled_for_activation", "active", "expired")
SERVICE_INSTANCE_STATUSES: Final = ("being_prepared", "in_production", "discontinued")
COVERAGES: Final = (
    "customer_account", "organizations_and_descendants", "organizations", "sites", "organizations_and_sites",
    "people", "cis_of_service_instance", "service_instances", "skill_pools", "coverage_groups",
)  # fmt: skip


def _percentage() -> fields.Field[Any]:
    """A decimal as text, `99.5`, or null."""
    return shapes.matching(r"[0-9]{1,3}(\.[0-9]{1,4})?", null=True)


class Sla(Ref):
    status = shapes.one_of(SLA_STATUSES)
    start_date = shapes.day(null=True)
    notice_date = shapes.day(null=True)
    expiry_date = shapes.day(null=True)
    coverage = shapes.one_of(COVERAGES)
    asks_requester_target = shapes.boolean(required=False)


class ServiceInstance(Ref):
    status = shapes.one_of(SERVICE_INSTANCE_STATUSES)


class Agreement(Body):
    """The whole of what the customer is told; `offered` and `changed` carry it alike."""

    sla = shapes.nested(Sla)
    service = shapes.nested(Ref)
    service_offering = shapes.nested(Ref)
    service_instance = shapes.nested(ServiceInstance)
    support_team = shapes.nested(Ref)
    first_line_team = shapes.nested(Ref, null=True)
    provider = shapes.nested(Ref)
    customer = shapes.nested(Ref)
    representatives = shapes.many(Ref, MAX_REPRESENTATIVES)


class SlaStatus(Body):
    id = shapes.integer()
    status = shapes.one_of(SLA_STATUSES)


class Moved(Body):
    """`activated` and `ended`."""

    sla = shapes.nested(SlaStatus)
    at = shapes.time()


class Flsa(Ref):
    status = shapes.one_of(SLA_STATUSES)
    start_date = shapes.day(null=True)
    notice_date = shapes.day(null=True)
    expiry_date = shapes.day(null=True)
    time_zone = shapes.text(64, null=True)
    pickup_target = shapes.integer(0, null=True)
    support_chat_pickup_target = shapes.integer(0, null=True)
    pickups_within_target = _percentage()
    first_call_resolutions = _percentage()
    service_desk_resolutions = _percentage()
    service_desk_only_resolutions = _percentage()
    rejected_solutions = _percentage()


class FirstLineAgreement(Body):
    """The whole of what the customer is told of an FLSA, its status among it."""

    flsa = shapes.nested(Flsa)
    service_desk_team = shapes.nested(Ref)
    provider = shapes.nested(Ref)
    customer = shapes.nested(Ref)
    representatives = shapes.many(Ref, MAX_REPRESENTATIVES)


class Represented(Body):
    """All whom the customer has chosen to represent it, by its own ids; nobody when the agreement is over."""

    revision = shapes.revision()
    representatives = shapes.many(Ref, MAX_REPRESENTATIVES)


TYPES: Final = (
    MessageType("agreement.offered.v1", "agreement", Agreement(), "opener", opens=True),
    MessageType("agreement.changed.v1", "agreement", Agreement(), "opener"),
    MessageType("agreement.activated.v1", "agreement", Moved(), "opener"),
    MessageType("agreement.ended.v1", "agreement", Moved(), "opener"),
    # Later than version 1: for partners that named them (`capabilities`).
    MessageType("agreement.flsa_offered.v1", "agreement", FirstLineAgreement(), "opener", opens=True),
    MessageType("agreement.flsa_changed.v1", "agreement", FirstLineAgreement(), "opener"),
    MessageType(REPRESENTED, "agreement", Represented(), "other"),
)
