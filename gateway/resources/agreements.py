"""Services, their instances and offerings, and SLAs."""

from __future__ import annotations

from functools import partial

from flask import Response, request
from flask_smorest import Blueprint

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.context import GatewayContext
from gateway.resource import Children, Named, Resource, add_views, list_query
from gateway.resources.links import Link, LinkViews
from gateway.resources.shapes import (
    COVERAGE_GROUP,
    DISCLOSURE,
    FOLLOW_UP_ON_CUSTOMER,
    NOTIFICATION_SCHEME,
    ORGANIZATION,
    PERSON,
    SERVICE,
    SERVICE_INSTANCE,
    SERVICE_OFFERING,
    SITE,
    SLA,
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
_ORGANIZATIONS, _SITES, _PEOPLE = (
    Named(name, shape, find, field, "organizations")
    for name, shape, find, field in (
        ("organizations", ORGANIZATION, organizations.list_organizations, "organization_ids"),
        ("sites", SITE, organizations.list_sites, "site_ids"),
        ("people", PERSON, organizations.list_people, "people_ids"),
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
        Named(
            "customer_representatives",
            PERSON,
            organizations.list_people,
            "customer_representative_ids",
            "organizations",
        ),
    ),
    audit=partial(queries.get_audit, kind="sla"),
)
SLA_LINKS = {
    named.path: Link(add="add_to_sla", remove="remove_from_sla", list=named.path) for named in SLAS.named
}
SERVICE_INSTANCE_LINKS = {"parent_service_instances": Link(add="add_parent", remove="remove_parent")}


class SlaViews(LinkViews):
    """What an SLA makes visible to whom is told for one that is there, and before anything is saved."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        super().__init__(SLAS, context, answers, SLA_LINKS)

    def extend(self, blueprint: Blueprint) -> None:
        super().extend(blueprint)
        told = {"200": documents.answer("The lines", documents.public_schema(DISCLOSURE)(many=True))}
        new = documents.describe(
            self.of_new, "What a new SLA would make visible", answers=told, body=schemas.SlaInputSchema()
        )
        edited = documents.describe(
            self.of_edit,
            "What a change of an SLA would make visible",
            answers=told,
            body=schemas.SlaInputSchema(partial=True),
        )
        there = documents.of_list(self.of_sla, DISCLOSURE, "What an SLA makes visible to whom")
        add_views(blueprint, "/disclosures", "disclosures_of_new", {"post": self.writer(new)})
        views = {"get": self.writer(there), "post": self.writer(edited)}
        add_views(blueprint, "/<id>/disclosures", "disclosures", views)

    def of_new(self) -> Response:
        return of_json(self.call("sla_disclosures", bodies.fields_of(request)))

    def of_edit(self, id: str) -> Response:
        above = self.load(id)
        return of_json(self.call("sla_disclosures", bodies.fields_of(request), above["id"]))

    def of_sla(self, id: str) -> Response:
        query = list_query(DISCLOSURE.listing)
        lines = self.call("sla_disclosures", {}, self.load(id)["id"])
        return self.answers.page(DISCLOSURE, page_at_hand(lines, DISCLOSURE.listing, query), query)
