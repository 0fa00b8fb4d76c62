"""Services, their instances and offerings, and SLAs."""

from __future__ import annotations

from functools import partial

from gateway.resource import Children, Named, Resource
from gateway.resources.links import Link
from gateway.resources.shapes import (
    FOLLOW_UP_ON_CUSTOMER,
    NOTIFICATION_SCHEME,
    ORGANIZATION,
    PERSON,
    SERVICE,
    SERVICE_INSTANCE,
    SERVICE_OFFERING,
    SLA,
)
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
        Named(
            "organizations",
            ORGANIZATION,
            organizations.list_organizations,
            "organization_ids",
            "organizations",
        ),
        Named("people", PERSON, organizations.list_people, "people_ids", "organizations"),
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
