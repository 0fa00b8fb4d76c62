"""People, teams, organizations and sites."""

from __future__ import annotations

from functools import partial

from gateway.resource import Children, Resource
from gateway.resources.shapes.agreements import SLA
from gateway.resources.shapes.directory import ORGANIZATION, PERSON, SITE, TEAM
from gateway.resources.shapes.services import SERVICE_INSTANCE
from services.common.roles import ADMINISTRATORS, MAINTAIN_ORGANIZATIONS, MAINTAIN_TEAMS
from services.organizations import queries, schemas
from services.slas import queries as slas

TEAMS = Resource(
    path="teams",
    shape=TEAM,
    service="organizations",
    find=queries.list_teams,
    get=queries.get_team,
    writers=MAINTAIN_TEAMS,
    create="create_team",
    update="update_team",
    input=schemas.TeamInputSchema,
    children=(
        Children("members", PERSON, queries.list_members),
        Children("service_instances", SERVICE_INSTANCE, slas.list_instances_of_team, service="slas"),
    ),
    audit=partial(queries.get_audit, kind="team"),
)
ORGANIZATIONS = Resource(
    path="organizations",
    shape=ORGANIZATION,
    service="organizations",
    find=queries.list_organizations,
    get=queries.get_organization,
    writers=MAINTAIN_ORGANIZATIONS,
    create="create_organization",
    update="update_organization",
    input=schemas.OrganizationInputSchema,
    children=(
        Children("people", PERSON, queries.list_people_of_organization),
        Children("children", ORGANIZATION, queries.list_children),
        Children("slas", SLA, slas.list_slas_of_customer, service="slas"),
    ),
    audit=partial(queries.get_audit, kind="organization"),
)
PEOPLE = Resource(
    path="people",
    shape=PERSON,
    service="organizations",
    find=queries.list_people,
    get=queries.get_person,
    writers=ADMINISTRATORS,
    create="create_person",
    update="update_person",
    input=schemas.PersonInputSchema,
    children=(Children("teams", TEAM, queries.list_teams_of_person),),
    audit=partial(queries.get_audit, kind="person"),
)
SITES = Resource(
    path="sites",
    shape=SITE,
    service="organizations",
    find=queries.list_sites,
    get=queries.get_site,
    writers=MAINTAIN_ORGANIZATIONS,
    create="create_site",
    update="update_site",
    input=schemas.SiteInputSchema,
    children=(Children("people", PERSON, queries.list_people_of_site),),
    audit=partial(queries.get_audit, kind="site"),
)
