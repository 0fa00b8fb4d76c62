"""What lists and single records show, to whom, and by which index they are found."""

from __future__ import annotations

import pytest

from services.common.errors import NotFound
from services.common.listing import Field, Kind, Listing, ListQuery
from services.organizations import queries, store
from services.organizations.actions.records import editing
from services.organizations.actions.records.introductions import introduce

LISTS = {
    "organizations": (queries.list_organizations, store.ORGANIZATIONS),
    "people": (queries.list_people, store.PEOPLE),
    "teams": (queries.list_teams, store.TEAMS),
    "trusts": (queries.list_trusts, store.TRUSTS),
}


def names(page):
    return [item["name"] for item in page.items]


def asked(name: str, predefined: str | None = None, **arguments: str) -> ListQuery:
    return ListQuery.parse(arguments, queries.LISTINGS[name], predefined)


@pytest.fixture
def abroad(context, administrator, trusted) -> dict[str, int]:
    """One record of each kind of a partner's: their local ids."""
    return {
        kind: introduce(context, administrator, trusted, kind, 7, f"GigaTera {kind}")["id"]
        for kind in ("organization", "person", "team")
    }


def link(context, organization_id: int) -> None:
    """As if an active agreement led to it."""
    linked = {"$set": {"linked": True}, "$unset": {"unlisted": ""}}
    context.database["organizations"].update_one({"_id": organization_id}, linked)


def test_foreign_records_stand_in_lists_and_say_whose_they_are(context, administrator, abroad):
    page = queries.list_teams(context.database, asked("teams"), administrator)
    assert [(item["name"], item.get("account")) for item in page.items] == [
        ("GigaTera team", {"id": "gigatera", "name": "GigaTera"}),
        ("Service Desk", None),
    ]
    assert "account" not in page.items[1]


@pytest.mark.parametrize(
    ("predefined", "expected"),
    [
        ("enabled", ["GigaTera organization", "Sales", "Widget Data Center"]),
        ("disabled", ["Old"]),
        ("internal", ["Old", "Sales", "Widget Data Center"]),
        ("directory", ["Old", "Sales", "Widget Data Center"]),
        ("external", ["GigaTera organization"]),
        ("trusted", ["GigaTera organization"]),
        ("managed_by_me", ["Widget Data Center"]),
    ],
)
def test_predefined_filters_of_organizations(context, administrator, account, abroad, predefined, expected):
    editing.create_organization(context, administrator, {"name": "Sales"})
    editing.create_organization(context, administrator, {"name": "Old", "disabled": True})
    link(context, abroad["organization"])
    page = queries.list_organizations(context.database, asked("organizations", predefined), administrator)
    assert names(page) == expected


def test_organizations_of_an_ended_trust_are_not_trusted(context, administrator, abroad):
    link(context, abroad["organization"])
    context.database["trusts"].update_one({"_id": "gigatera"}, {"$set": {"status": "ended"}})
    page = queries.list_organizations(context.database, asked("organizations", "trusted"), administrator)
    assert page.items == ()


@pytest.mark.parametrize(
    ("predefined", "expected"),
    [
        ("enabled", ["Administrator", "GigaTera person"]),
        ("disabled", ["Grace"]),
        ("internal", ["Administrator", "Grace"]),
    ],
)
def test_predefined_filters_of_people(context, administrator, person, abroad, predefined, expected):
    grace = person("Grace")
    editing.update_person(context, administrator, grace.person_id, {"disabled": True})
    page = queries.list_people(context.database, asked("people", predefined), administrator)
    assert names(page) == expected


def test_people_are_found_by_email_address_and_support_id_whatever_their_case(context, administrator):
    fields = {"name": "Grace", "primary_email": "Grace@Widget.example", "supportID": "WG-1"}
    editing.create_person(context, administrator, fields)
    for arguments in ({"primary_email": "grace@widget.EXAMPLE"}, {"supportID": "wg-1"}):
        page = queries.list_people(context.database, asked("people", **arguments), administrator)
        assert names(page) == ["Grace"]
        assert page.items[0]["primary_email"] == "Grace@Widget.example"


def test_people_are_found_by_their_roles(context, administrator, person):
    person("Grace", "specialist", "problem_manager")
    page = queries.list_people(context.database, asked("people", roles="problem_manager"), administrator)
    assert names(page) == ["Grace"]


def test_members_of_a_team_and_teams_of_a_person(context, administrator, account, person):
    grace = person("Grace", "specialist")
    team = editing.create_team(context, administrator, {"name": "Networks", "member_ids": [grace.person_id]})
    members = queries.list_members(context.database, team["id"], asked("people"), administrator)
    teams = queries.list_teams_of_person(context.database, grace.person_id, asked("teams"), administrator)
    assert (names(members), names(teams)) == (["Grace"], ["Networks"])


def test_people_and_children_of_an_organization(context, administrator, account):
    top = account["organization_id"]
    editing.create_organization(context, administrator, {"name": "Sales", "parent_id": top})
    children = queries.list_children(context.database, top, asked("organizations"), administrator)
    people = queries.list_people_of_organization(context.database, top, asked("people"), administrator)
    assert (names(children), names(people)) == (["Sales"], ["Administrator"])


def test_a_person_without_a_role_sees_himself_his_organization_and_his_teams(
    context, administrator, account, person
):
    database = context.database
    alan = person("Alan")
    own = editing.create_team(context, administrator, {"name": "Canteen", "member_ids": [alan.person_id]})
    alan = type(alan)(
        alan.person_id, alan.account, alan.roles, frozenset({own["id"]}), alan.organization_id, alan.name
    )
    assert names(queries.list_people(database, asked("people"), alan)) == ["Alan"]
    assert names(queries.list_teams(database, asked("teams"), alan)) == ["Canteen"]
    assert names(queries.list_organizations(database, asked("organizations"), alan)) == ["Widget Data Center"]
    assert queries.get_person(database, alan.person_id, alan)["name"] == "Alan"
    for get, id in [
        (queries.get_person, account["owner_id"]),
        (queries.get_team, account["service_desk_team_id"]),
        (queries.get_organization, 10**6),
    ]:
        with pytest.raises(NotFound):
            get(database, id, alan)


def test_permissions_name_the_account_and_nothing_for_a_person_without_roles(context, administrator, person):
    grace, alan = person("Grace", "specialist"), person("Alan")
    granted = queries.get_permissions(context.database, grace.person_id, administrator)
    assert granted == [{"account": {"id": "widget", "name": "Widget Data Center"}, "roles": ["specialist"]}]
    assert queries.get_permissions(context.database, alan.person_id, administrator) == []


def test_references_say_what_others_need_to_name_a_record(context, administrator, account, abroad):
    found = queries.references(
        context.database, "team", [account["service_desk_team_id"], abroad["team"], 10**6]
    )
    assert found == {
        account["service_desk_team_id"]: {"id": account["service_desk_team_id"], "name": "Service Desk"},
        abroad["team"]: {
            "id": abroad["team"],
            "name": "GigaTera team",
            "account": {"id": "gigatera", "name": "GigaTera"},
        },
    }


def test_a_person_is_shown_with_4mes_fields_and_no_others(context, administrator, account):
    shown = queries.get_person(context.database, account["owner_id"], administrator)
    hidden = {
        "roles",
        "email_key",
        "support_key",
        "origin",
        "remote",
        "remote_id",
        "_id",
        "outbox",
    }
    assert not hidden & shown.keys()
    assert shown["manager_id"] is None
    assert shown["created_at"].endswith("Z")


# Every filter and every order that a list offers is answered by an index.

VALUES = {
    Kind.INTEGER: "5",
    Kind.REFERENCE: "5",
    Kind.TEXT: "x",
    Kind.TIME: "2025-01-01T00:00:00Z",
    Kind.BOOLEAN: "true",
}


def value_of(field: Field) -> str:
    return sorted(field.choices)[0] if field.choices else VALUES[field.kind]


def questions(listing: Listing) -> list[tuple[str | None, dict[str, str]]]:
    filters = [(None, {name: value_of(field)}) for name, field in listing.fields.items() if field.filterable]
    orders = [(None, {"sort": name}) for name, field in listing.fields.items() if field.sortable]
    return [*filters, *orders, *((name, {}) for name in listing.predefined)]


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_question_a_list_offers_has_an_index(name, unfounded, administrator):
    listing, collection = queries.LISTINGS[name], unfounded.database[LISTS[name][1]]
    indexed = [index["key"] for index in collection.index_information().values()]
    for predefined, arguments in questions(listing):
        query = ListQuery.parse(arguments, listing, predefined)
        wanted = dict(query.filter)
        if predefined:
            wanted |= listing.predefined_filter(predefined, administrator)
        if wanted:
            plan = collection.find(wanted).explain()["queryPlanner"]["winningPlan"]
            assert "COLLSCAN" not in repr(plan), f"{predefined or arguments} reads the whole collection"
        else:
            order = [(key.path, 1) for key in query.sort]
            assert order in [keys[: len(order)] for keys in indexed], f"no index has the order {order}"
