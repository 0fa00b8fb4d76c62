"""Organizations, people, teams, roles and the account's settings, on a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.common import history
from services.common.errors import Conflict, Forbidden, Invalid, NotFound
from services.organizations import queries
from services.organizations.actions import account as accounts
from services.organizations.actions.records import editing
from services.organizations.actions.records.introductions import introduce


def test_a_person_belongs_to_the_accounts_organization_unless_it_is_said_otherwise(
    context, account, administrator
):
    fields = {"name": "Grace", "primary_email": "grace@widget.example"}
    made = editing.create_person(context, administrator, fields)
    assert made["organization_id"] == account["organization_id"]


def test_an_email_address_is_one_persons_whatever_its_case(context, administrator):
    fields = {"name": "Grace", "primary_email": "Grace@Widget.example"}
    editing.create_person(context, administrator, fields)
    with pytest.raises(Conflict) as refused:
        editing.create_person(context, administrator, {**fields, "primary_email": "grace@widget.EXAMPLE"})
    assert refused.value.errors == [("primary_email", "has already been taken")]


def test_a_second_try_to_make_a_record_of_an_external_one_finds_the_first(context, administrator):
    fields = {"name": "Payroll", "source": "hr", "sourceID": "4711"}
    first = editing.create_team(context, administrator, fields)
    second = editing.create_team(context, administrator, {**fields, "name": "Other"})
    assert second == {**first, "created": False}
    assert editing.create_team(context, administrator, {**fields, "sourceID": "4712"})["id"] != first["id"]


def test_tries_at_the_same_time_make_one_record(context, administrator):
    fields = {"name": "Payroll", "source": "hr", "sourceID": "4711"}
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: editing.create_team(context, administrator, fields)["id"], range(8)))
    assert len(set(made)) == 1


def test_a_teams_coordinator_is_a_member_also_after_later_edits(context, administrator, person):
    grace, alan = person("Grace", "specialist"), person("Alan", "specialist")
    team = editing.create_team(
        context,
        administrator,
        {"name": "Networks", "member_ids": [grace.person_id], "coordinator_id": grace.person_id},
    )
    with pytest.raises(Invalid) as refused:
        editing.update_team(context, administrator, team["id"], {"coordinator_id": alan.person_id})
    assert refused.value.code == "coordinator_not_member"
    with pytest.raises(Invalid) as refused:
        editing.update_team(context, administrator, team["id"], {"member_ids": [alan.person_id]})
    assert refused.value.code == "coordinator_not_member"
    both = {"member_ids": [alan.person_id], "coordinator_id": alan.person_id}
    assert editing.update_team(context, administrator, team["id"], both)["coordinator_id"] == alan.person_id


def test_members_are_people_of_the_account(context, administrator, trusted):
    foreign = introduce(context, administrator, trusted, "person", 9, "Linus")["id"]
    for member_id, code in [(10**6, "unknown_reference"), (foreign, "foreign_reference")]:
        with pytest.raises(Invalid) as refused:
            editing.create_team(context, administrator, {"name": "Networks", "member_ids": [member_id]})
        assert refused.value.code == code
        assert refused.value.errors[0][0] == "member_ids"


def test_an_organization_cannot_be_moved_below_its_own_descendant(context, administrator):
    names = ["Group", "Division", "Department"]
    ids: list[int] = []
    for name in names:
        fields = {"name": name, "parent_id": ids[-1] if ids else None}
        ids.append(editing.create_organization(context, administrator, fields)["id"])
    with pytest.raises(Invalid) as refused:
        editing.update_organization(context, administrator, ids[0], {"parent_id": ids[2]})
    assert refused.value.code == "parent_circle"


def test_nobody_is_his_own_manager_also_not_through_others(context, administrator, person):
    ada, ben, cy = (person(name).person_id for name in ("Ada", "Ben", "Cy"))
    for report, manager in ((ada, ben), (ben, cy)):
        editing.update_person(context, administrator, report, {"manager_id": manager})
    for report, manager in ((ada, ada), (cy, ada)):
        with pytest.raises(Invalid) as refused:
            editing.update_person(context, administrator, report, {"manager_id": manager})
        assert refused.value.code == "manager_circle"
        assert [field for field, _ in refused.value.errors] == ["manager_id"]


@pytest.mark.parametrize(
    ("create", "update", "field"),
    [
        (editing.create_organization, editing.update_organization, "parent_id"),
        (editing.create_person, editing.update_person, "manager_id"),
    ],
)
def test_two_edits_at_the_same_time_close_no_circle_together(context, administrator, create, update, field):
    ids = [create(context, administrator, {"name": f"Number {n}"})["id"] for n in range(8)]
    couples = list(zip(ids[::2], ids[1::2], strict=True))
    pairs = [pair for one, other in couples for pair in ((one, other), (other, one))]

    def put(pair: tuple[int, int]) -> str:
        try:
            update(context, administrator, pair[0], {field: pair[1]})
        except Invalid as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(pairs)) as pool:
        told = list(pool.map(put, pairs))
    assert told.count("done") == len(pairs) / 2


def test_what_the_account_stands_on_is_not_disabled(context, account, administrator):
    disabled = {"disabled": True}
    with pytest.raises(Invalid, match="service desk team"):
        editing.update_team(context, administrator, account["service_desk_team_id"], disabled)
    with pytest.raises(Invalid, match="own organization"):
        editing.update_organization(context, administrator, account["organization_id"], disabled)
    with pytest.raises(Invalid) as refused:
        editing.update_person(context, administrator, account["owner_id"], disabled)
    assert refused.value.code == "last_administrator"


def test_the_last_administrator_keeps_his_role_until_there_is_another(
    context, account, administrator, person
):
    with pytest.raises(Invalid) as refused:
        accounts.set_roles(context, administrator, account["owner_id"], ["specialist"])
    assert refused.value.code == "last_administrator"
    person("Grace", "account_administrator")
    granted = accounts.set_roles(context, administrator, account["owner_id"], ["specialist"])
    assert granted == {"account": {"id": "widget", "name": "Widget Data Center"}, "roles": ["specialist"]}


def test_roles_are_granted_by_administrators_and_logged(context, administrator, person):
    grace = person("Grace", "specialist", "service_level_manager")
    with pytest.raises(Forbidden):
        accounts.set_roles(context, grace, grace.person_id, ["account_administrator"])
    with pytest.raises(Invalid) as refused:
        accounts.set_roles(context, administrator, grace.person_id, ["service_level_manager"])
    assert refused.value.code == "role_prerequisite"
    accounts.set_roles(context, administrator, grace.person_id, [])
    log = [
        entry
        for entry in history.read(context.database, "people", grace.person_id)
        if entry["action"] == "permissions"
    ]
    assert [entry["changes"]["roles"] for entry in log] == [
        [[], ["specialist", "service_level_manager"]],
        [["specialist", "service_level_manager"], []],
    ]
    assert log[0]["by"] == {"id": administrator.person_id, "name": "Administrator"}


def test_people_change_of_themselves_only_their_profile(context, person):
    grace, alan = person("Grace", "specialist"), person("Alan")
    changed = editing.update_person(context, alan, alan.person_id, {"time_zone": "Europe/London"})
    assert changed["time_zone"] == "Europe/London"
    with pytest.raises(Forbidden) as refused:
        editing.update_person(context, alan, alan.person_id, {"primary_email": "boss@widget.example"})
    assert refused.value.code == "not_your_field"
    with pytest.raises(Forbidden):
        editing.update_person(context, grace, alan.person_id, {"time_zone": "Europe/London"})


@pytest.mark.parametrize("roles", [(), ("specialist",), ("specialist", "service_desk_analyst"), ("auditor",)])
def test_records_are_maintained_by_those_whose_role_it_is(context, person, roles):
    grace = person("Grace", *roles)
    for create in (editing.create_organization, editing.create_team, editing.create_person):
        with pytest.raises(Forbidden):
            create(context, grace, {"name": "X", "primary_email": "x@widget.example"})
    with pytest.raises(Forbidden):
        accounts.update_account(context, grace, {"time_zone": "Europe/London"})


def test_the_service_desk_team_is_an_enabled_team_of_the_account(context, administrator, trusted):
    team = editing.create_team(context, administrator, {"name": "First Line"})
    chosen = accounts.update_account(context, administrator, {"service_desk_team_id": team["id"]})
    assert chosen["service_desk_team_id"] == team["id"]
    foreign = introduce(context, administrator, trusted, "team", 5, "GigaTera Desk")["id"]
    for team_id, code in [(foreign, "foreign_reference"), (10**6, "unknown_reference")]:
        with pytest.raises(Invalid) as refused:
            accounts.update_account(context, administrator, {"service_desk_team_id": team_id})
        assert refused.value.code == code


def test_an_edit_that_changes_nothing_leaves_no_trace(context, account, administrator):
    before = context.database["teams"].find_one({"_id": account["service_desk_team_id"]})
    editing.update_team(context, administrator, before["_id"], {"name": before["name"]})
    assert context.database["teams"].find_one({"_id": before["_id"]}) == before


def test_edits_at_the_same_time_are_all_kept(context, account, administrator):
    edits = [{"region": "EU"}, {"remarks": "Closed on Sundays"}, {"financialID": "4711"}] * 4
    with ThreadPoolExecutor(6) as pool:
        list(
            pool.map(
                lambda fields: editing.update_organization(
                    context, administrator, account["organization_id"], fields
                ),
                edits,
            )
        )
    shown = queries.get_organization(context.database, account["organization_id"], administrator)
    assert (shown["region"], shown["remarks"], shown["financialID"]) == ("EU", "Closed on Sundays", "4711")


def test_what_is_not_there_is_not_found(context, administrator):
    with pytest.raises(NotFound):
        editing.update_team(context, administrator, 10**6, {"name": "X"})


def test_a_foreign_record_is_introduced_once_and_follows_its_name(context, administrator, trusted):
    with ThreadPoolExecutor(6) as pool:
        ids = {
            each["id"]
            for each in pool.map(
                lambda _: introduce(context, administrator, trusted, "team", 5, "Desk"), range(6)
            )
        }
    assert len(ids) == 1
    (id,) = ids
    assert introduce(context, administrator, trusted, "team", 5, "Service Desk") == {"id": id}
    shown = queries.get_team(context.database, id, administrator)
    assert shown["name"] == "Service Desk"
    assert shown["account"] == {"id": "gigatera", "name": "GigaTera"}
    saved = [row["body"] for row in context.database["teams"].find_one({"_id": id})["outbox"]]
    assert saved[-1]["record"] == {
        "id": id,
        "name": "Service Desk",
        "account": {"id": "gigatera", "name": "GigaTera"},
        "remote_id": 5,
        "member_ids": [],
        "coordinator_id": None,
        "manager_id": None,
        "disabled": False,
    }


def test_only_a_partners_records_are_introduced(context, administrator):
    with pytest.raises(Invalid) as refused:
        introduce(context, administrator, "stranger", "team", 5, "Desk")
    assert refused.value.code == "unknown_account"


@pytest.mark.parametrize(
    ("kind", "update", "code"),
    [
        ("team", editing.update_team, "foreign_record"),
        ("person", editing.update_person, "foreign_record"),
        ("organization", editing.update_organization, "foreign_field"),  # an overlay takes others
    ],
)
def test_a_foreign_record_is_changed_only_at_home(context, administrator, trusted, kind, update, code):
    id = introduce(context, administrator, trusted, kind, 5, "Abroad")["id"]
    with pytest.raises(Invalid) as refused:
        update(context, administrator, id, {"name": "Mine"})
    assert refused.value.code == code
