"""People, teams and organizations."""

from __future__ import annotations

from gateway.audiences import ADMINISTRATORS
from gateway.resource import Children, Resource
from gateway.resources.shapes import ORGANIZATION, PERSON, TEAM
from services.organizations import queries, schemas

TEAMS = Resource(
    path="teams",
    shape=TEAM,
    service="organizations",
    find=queries.list_teams,
    get=queries.get_team,
    writers=(*ADMINISTRATORS, "account_designer", "service_desk_manager"),
    create="create_team",
    update="update_team",
    input=schemas.TeamInputSchema,
    children=(Children("members", PERSON, queries.list_members),),
)
ORGANIZATIONS = Resource(
    path="organizations",
    shape=ORGANIZATION,
    service="organizations",
    find=queries.list_organizations,
    get=queries.get_organization,
    writers=(*ADMINISTRATORS, "account_designer", "service_level_manager"),
    create="create_organization",
    update="update_organization",
    input=schemas.OrganizationInputSchema,
    children=(
        Children("people", PERSON, queries.list_people_of_organization),
        Children("children", ORGANIZATION, queries.list_children),
    ),
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
)
