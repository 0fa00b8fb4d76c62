"""Roles in the files of people: who may set them, what a dry run says, and that an administrator is left."""

from __future__ import annotations

from services.common import history
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.transferring import csv_of, exported, imported, outcomes, rows_of, send

Row = dict[str, str]


def person(name: str, roles: str) -> Row:
    return {"name": name, "primary_email": f"{name.lower().replace(' ', '.')}@widget.example", "roles": roles}


def roles_of(client: Client, id: object) -> list[str]:
    return [role for each in client.get(f"people/{id}/permissions") for role in each["roles"]]


def test_roles_are_given_and_taken_line_by_line_as_the_dry_run_says(
    account: Account, administrator: Client
) -> None:
    there = account.person("Rolled", "specialist", "auditor")[0]
    same = account.person("Same Roles", "specialist", "auditor")[0]
    file = csv_of(
        {**person("Rolled New", "service_level_manager,specialist"), "id": ""},
        {**person("Rolled", "[empty]"), "id": str(there["id"])},
        {**person("Same", "auditor, specialist"), "id": str(same["id"]), "name": same["name"]},
        {**person("Rolled Bare", ""), "id": ""},
        {**person("Rolled Without", "service_level_manager"), "id": ""},
        {**person("Rolled Unknown", "king"), "id": ""},
    ).replace(b"same@widget.example", same["primary_email"].encode())
    file = file.replace(b"rolled@widget.example", there["primary_email"].encode())
    _, would = imported(account, administrator, "people", file, dry_run="true")
    assert roles_of(administrator, there["id"]) == ["specialist", "auditor"]
    _, did = imported(account, administrator, "people", file)
    assert outcomes(would) == outcomes(did)
    assert outcomes(did) == ["created", "updated", "unchanged", "created", "failure", "failure"]
    assert [line["changes"] for line in would] == [line["changes"] for line in did]
    assert did[0]["changes"]["roles"] == [None, "specialist, service_level_manager"]
    assert did[1]["changes"] == {"roles": ["specialist, auditor", ""]}
    assert [line["errors"] for line in did[4:]] == [
        [["roles", "service_level_manager presupposes specialist"]],
        [["roles", "unknown: king"]],
    ]
    assert roles_of(administrator, did[0]["record_id"]) == ["specialist", "service_level_manager"]
    assert roles_of(administrator, there["id"]) == roles_of(administrator, did[3]["record_id"]) == []
    database = account.contexts["organizations"].database
    told = history.read(database, "people", did[0]["record_id"])[0]
    assert told["changes"]["roles"] == [[], ["specialist", "service_level_manager"]]


def test_the_last_administrator_keeps_his_role_in_a_file_and_in_its_dry_run(
    account: Account, administrator: Client
) -> None:
    second = account.person("Second Admin", "account_administrator")[0]
    rows = rows_of(exported(account, administrator, "people"))
    administrators = [row for row in rows if "account_administrator" in row["roles"]]
    assert str(second["id"]) in [row["id"] for row in administrators]
    taken = csv_of(*({"id": row["id"], "roles": "[empty]"} for row in administrators))
    done, lines = imported(account, administrator, "people", taken, dry_run="true")
    assert outcomes(lines) == ["updated"] * (len(lines) - 1) + ["failure"], done
    assert lines[-1]["errors"] == [["roles", "is the account's last administrator"]]
    assert roles_of(administrator, second["id"]) == ["account_administrator"]


def test_what_was_exported_with_roles_is_unchanged(account: Account, administrator: Client) -> None:
    account.person("Kept Roles", "specialist", "service_desk_analyst")
    file = exported(account, administrator, "people")
    [row] = [row for row in rows_of(file) if row["name"] == "Kept Roles"]
    assert row["roles"] == "specialist, service_desk_analyst"
    _, lines = imported(account, administrator, "people", file)
    assert set(outcomes(lines)) == {"unchanged"}


def test_who_is_no_administrator_gives_no_roles(account: Account) -> None:
    manager = account.person("Roles Manager", "specialist", "service_level_manager")[1]
    assert send(manager, "people", csv_of(person("Sneaked", "account_administrator"))).status_code == 403


def test_roles_of_a_person_come_in_files_alone(administrator: Client) -> None:
    body = person("Posted", "specialist") | {"roles": ["specialist"]}
    assert administrator.send("POST", "people", body).status_code == 422
