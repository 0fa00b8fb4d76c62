"""Services, their instances and offerings, and SLAs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.asked import list_query
from gateway.context import GatewayContext
from gateway.public_schemas import public_schema
from gateway.resource import Children, Named, Resource, add_views
from gateway.resources.links import Link, LinkViews
from gateway.resources.shapes.agreements import COVERAGE_GROUP, DISCLOSURE, FLSA, SLA
from gateway.resources.shapes.directory import ORGANIZATION, PERSON, SITE
from gateway.resources.shapes.services import (
    FOLLOW_UP_ON_CUSTOMER,
    NOTIFICATION_SCHEME,
    SERVICE,
    SERVICE_INSTANCE,
    SERVICE_OFFERING,
)
from services.common.listing import page_at_hand
from services.common.roles import MAINTAIN_AGREEMENTS, MAINTAIN_SERVICES
from services.organizations import queries as organizations
from services.slas import queries, schemas

SERVICES = Resource(
    path="services",
    shape=SERVICE,
    service="slas",
    find=queries.list_services,
    get=queries.get_service,
    writers=MAINTAIN_SERVICES,
    create="create_service",
    update="update_service",
    input=schemas.ServiceInputSchema,
    children=(
        Children("service_instances", SERVICE_INSTANCE, queries.list_instances_of_service),
        Children("service_offerings", SERVICE_OFFERING, queries.list_offerings_of_service),
        Children("slas", SLA, queries.list_slas_of_service),
    ),
    audit=partial(queries.get_audit, kind="service"),
)
SERVICE_INSTANCES = Resource(
    path="service_instances",
    shape=SERVICE_INSTANCE,
    service="slas",
    find=queries.list_service_instances,
    get=queries.get_service_instance,
    writers=MAINTAIN_SERVICES,
    create="create_service_instance",
    update="update_service_instance",
    input=schemas.ServiceInstanceInputSchema,
    children=(
        Children("child_service_instances", SERVICE_INSTANCE, queries.list_children),
        Children("parent_service_instances", SERVICE_INSTANCE, queries.list_parents),
        Children("slas", SLA, queries.list_slas_of_service_instance),
    ),
    audit=partial(queries.get_audit, kind="service_instance"),
)
SERVICE_OFFERINGS = Resource(
    path="service_offerings",
    shape=SERVICE_OFFERING,
    service="slas",
    find=queries.list_service_offerings,
    get=queries.get_service_offering,
    writers=MAINTAIN_AGREEMENTS,
    create="create_service_offering",
    update="update_service_offering",
    input=schemas.ServiceOfferingInputSchema,
    audit=partial(queries.get_audit, kind="service_offering"),
)
NOTIFICATION_SCHEMES = Resource(
    path="sla_notification_schemes",
    shape=NOTIFICATION_SCHEME,
    service="slas",
    find=queries.list_sla_notification_schemes,
    get=queries.get_sla_notification_scheme,
    writers=MAINTAIN_AGREEMENTS,
    create="create_sla_notification_scheme",
    update="update_sla_notification_scheme",
    input=schemas.SlaNotificationSchemeInputSchema,
    audit=partial(queries.get_audit, kind="sla_notification_scheme"),
)
FOLLOW_UPS = Resource(
    path="waiting_for_customer_follow_ups",
    shape=FOLLOW_UP_ON_CUSTOMER,
    service="slas",
    find=queries.list_waiting_for_customer_follow_ups,
    get=queries.get_waiting_for_customer_follow_up,
    writers=MAINTAIN_AGREEMENTS,
    create="create_waiting_for_customer_follow_up",
    update="update_waiting_for_customer_follow_up",
    input=schemas.WaitingForCustomerFollowUpInputSchema,
    audit=partial(queries.get_audit, kind="waiting_for_customer_follow_up"),
)
_ORGANIZATIONS, _SITES, _PEOPLE, _REPRESENTATIVES, _INCIDENT_MANAGERS = (
    Named(name, shape, find, field, "organizations")
    for name, shape, find, field in (
        ("organizations", ORGANIZATION, organizations.list_organizations, "organization_ids"),
        ("sites", SITE, organizations.list_sites, "site_ids"),
        ("people", PERSON, organizations.list_people, "people_ids"),
        ("customer_representatives", PERSON, organizations.list_people, "customer_representative_ids"),
        ("major_incident_managers", PERSON, organizations.list_people, "major_incident_manager_ids"),
    )
)
COVERAGE_GROUPS = Resource(
    path="sla_coverage_groups",
    shape=COVERAGE_GROUP,
    service="slas",
    find=queries.list_coverage_groups,
    get=queries.get_coverage_group,
    writers=MAINTAIN_AGREEMENTS,
    create="create_coverage_group",
    update="update_coverage_group",
    input=schemas.CoverageGroupInputSchema,
    named=(_ORGANIZATIONS, _SITES, _PEOPLE),
    audit=partial(queries.get_audit, kind="sla_coverage_group"),
)
SLAS = Resource(
    path="slas",
    shape=SLA,
    service="slas",
    find=queries.list_slas,
    get=queries.get_sla,
    writers=MAINTAIN_AGREEMENTS,
    create="create_sla",
    update="update_sla",
    input=schemas.SlaInputSchema,
    named=(
        Named(
            "service_instances",
            SERVICE_INSTANCE,
            queries.list_service_instances,
            "service_instance_ids",
            "slas",
        ),
        _ORGANIZATIONS,
        _SITES,
        _PEOPLE,
        Named("coverage_groups", COVERAGE_GROUP, queries.list_coverage_groups, "coverage_group_ids", "slas"),
        _REPRESENTATIVES,
    ),
    audit=partial(queries.get_audit, kind="sla"),
)
FLSAS = Resource(
    path="flsas",
    shape=FLSA,
    service="slas",
    find=queries.list_flsas,
    get=queries.get_flsa,
    writers=MAINTAIN_AGREEMENTS,
    create="create_flsa",
    update="update_flsa",
    input=schemas.FlsaInputSchema,
    named=(_REPRESENTATIVES, _INCIDENT_MANAGERS),
    audit=partial(queries.get_audit, kind="flsa"),
)
SLA_LINKS = {
    named.path: Link(add="add_to_sla", remove="remove_from_sla", list=named.path) for named in SLAS.named
}
# The commands that tell what an agreement makes visible.
DISCLOSING = {"slas": "sla_disclosures", "flsas": "flsa_disclosures"}
SERVICE_INSTANCE_LINKS = {"parent_service_instances": Link(add="add_parent", remove="remove_parent")}


class AgreementViews(LinkViews):
    """What an SLA or FLSA makes visible to whom is told before it is saved, and of one that is there."""

    def __init__(
        self,
        resource: Resource,
        context: GatewayContext,
        answers: Answers,
        taken: type[Schema],
        links: Mapping[str, Link],
    ) -> None:
        super().__init__(resource, context, answers, links)
        self._taken = taken
        self._command = DISCLOSING[resource.path]

    def extend(self, blueprint: Blueprint) -> None:
        super().extend(blueprint)
        title = self.resource.shape.title
        told = {"200": documents.answer("The lines", public_schema(DISCLOSURE)(many=True))}
        new = documents.describe(
            self.of_new, f"What a new {title} would make visible", answers=told, body=self._taken()
        )
        text = f"What a change of an {title} would make visible"
        edited = documents.describe(self.of_edit, text, answers=told, body=self._taken(partial=True))
        there = documents.of_list(self.of_one, DISCLOSURE, f"What an {title} makes visible to whom")
        add_views(blueprint, "/disclosures", "disclosures_of_new", {"post": self.writer(new)})
        views = {"get": self.writer(there), "post": self.writer(edited)}
        add_views(blueprint, "/<id>/disclosures", "disclosures", views)

    def of_new(self) -> Response:
        return of_json(self.call(self._command, bodies.fields_of(request)))

    def of_edit(self, id: str) -> Response:
        above = self.load(id)
        return of_json(self.call(self._command, bodies.fields_of(request), above["id"]))

    def of_one(self, id: str) -> Response:
        query = list_query(DISCLOSURE.listing)
        lines = self.call(self._command, {}, self.load(id)["id"])
        return self.answers.page(DISCLOSURE, page_at_hand(lines, DISCLOSURE.listing, query), query)
