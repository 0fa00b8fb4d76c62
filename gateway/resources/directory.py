"""People, teams, organizations and sites; those of people are `account.PeopleViews`."""

from __future__ import annotations

from functools import partial

from gateway.resource import Children, Resource
from gateway.resources.links import Link
from gateway.resources.shapes.agreements import SLA
from gateway.resources.shapes.directory import ADDRESS, CONTACT, ORGANIZATION, PERSON, SITE, TEAM
from gateway.resources.shapes.services import SERVICE_INSTANCE
from services.common.roles import ADMINISTRATORS, MAINTAIN_ORGANIZATIONS, MAINTAIN_TEAMS
from services.organizations import queries, schemas
from services.slas import queries as slas


def _reached(kind: str) -> tuple[Children, ...]:
    """How an organization or a person is reached, line by line."""
    return (
        Children("addresses", ADDRESS, partial(queries.list_addresses, kind=kind)),
        Children("contacts", CONTACT, partial(queries.list_contacts, kind=kind)),
    )


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
    for_writers="trash",
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
        *_reached("organization"),
        Children("people", PERSON, queries.list_people_of_organization),
        Children("children", ORGANIZATION, queries.list_children),
        Children("slas", SLA, slas.list_slas_of_customer, service="slas"),
    ),
    audit=partial(queries.get_audit, kind="organization"),
    for_writers="trash",
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
    children=(
        *_reached("person"),
        Children("teams", TEAM, queries.list_teams_of_person),
        Children("sla_coverages", SLA, slas.list_slas_covering_person, service="slas"),
    ),
    audit=partial(queries.get_audit, kind="person"),
    for_writers="trash",
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
    children=(
        Children("people", PERSON, queries.list_people_of_site),
        Children("slas", SLA, slas.list_slas_of_site, service="slas"),
    ),
    audit=partial(queries.get_audit, kind="site"),
    for_writers="trash",
)

# Each with its kind, and the lists that records are put on one by one.
SHELVED: tuple[tuple[Resource, str, dict[str, Link]], ...] = (
    (TEAMS, "team", {"members": Link(add="add_member", remove="remove_member", body=None)}),
    (ORGANIZATIONS, "organization", {}),
    (SITES, "site", {}),
)
