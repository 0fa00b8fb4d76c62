"""Import of CSV files over the API: what the dry run says is what the real run does."""

from __future__ import annotations

import json

import pytest

from services.organizations.actions.transferring.imports import MAX_WAITING
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.transferring import csv_of, exported, imported, outcomes, rows_of, send, work

Lines = list[dict[str, object]]


def without_ids(lines: Lines) -> Lines:
    """What a dry run and the real one have in common: a new record has no id before it is there."""
    return [{name: line[name] for name in ("line", "outcome", "changes", "errors")} for line in lines]


def test_a_dry_run_says_line_by_line_what_the_real_run_then_does(
    account: Account, administrator: Client
) -> None:
    there = administrator.post("organizations", {"name": "Dry Sales", "region": "North"})
    administrator.post("organizations", {"name": "Dry Same", "region": "South"})
    file = csv_of(
        {"name": "Dry Lab", "parent": "Dry Research", "region": "East"},
        {"name": "Dry Research", "parent": "Dry Sales", "region": ""},
        {"name": "Dry Sales", "parent": "", "region": "West"},
        {"name": "Dry Same", "parent": "", "region": "South"},
        {"name": "Dry Lost", "parent": "Nowhere", "region": ""},
        {"name": "", "parent": "", "region": "Nameless"},
        {"name": "Dry Lab", "parent": "", "region": "Twice"},
    )
    tried, would = imported(account, administrator, "organizations", file, dry_run="true")
    assert (tried["state"], tried["dry_run"], tried["line"], tried["lines"]) == ("done", True, 7, 7)
    assert tried["results"] == {
        "created": 2,
        "updated": 1,
        "deleted": 0,
        "unchanged": 1,
        "failures": 3,
        "errors": 0,
    }
    assert administrator.get("organizations", name="Dry Lab") == []
    assert administrator.get(f"organizations/{there['id']}")["region"] == "North"

    done, did = imported(account, administrator, "organizations", file)
    assert done["results"] == tried["results"]
    assert without_ids(did) == without_ids(would)
    assert outcomes(did) == ["created", "created", "updated", "unchanged", "failure", "failure", "failure"]
    assert did[0]["changes"] == {
        "name": [None, "Dry Lab"],
        "parent": [None, "Dry Research"],
        "region": [None, "East"],
    }
    assert did[2]["changes"] == {"region": ["North", "West"]}
    assert did[4]["errors"] == [["parent", "there is no organization that is called so"]]
    assert did[5]["errors"] == [["name", "Missing data for required field."]]
    assert did[6]["errors"] == [["name", "line 2 has this name too"]]
    lab = administrator.get(f"organizations/{did[0]['record_id']}")
    assert (lab["parent"]["name"], lab["region"]) == ("Dry Research", "East")


def test_a_second_import_of_a_file_changes_nothing(account: Account, administrator: Client) -> None:
    file = csv_of(
        {"primary_email": "ann@x.example", "name": "Ann", "manager": "bob@x.example", "vip": "YES"},
        {"primary_email": "bob@x.example", "name": "Bob", "manager": "", "vip": ""},
    )
    _, first = imported(account, administrator, "people", file)
    _, second = imported(account, administrator, "people", file)
    assert (outcomes(first), outcomes(second)) == (["created"] * 2, ["unchanged"] * 2)


def test_what_was_exported_is_unchanged_when_it_is_imported(account: Account, administrator: Client) -> None:
    person, _ = account.person("Round Trip", "specialist")
    contacts = [{"label": "work", "telephone": "+31 20 1234567"}, {"label": "x", "email": "a@b.example"}]
    fields = {"name": "=1+1", "contacts": contacts, "manager_id": person["id"], "remarks": 'a "b",\r\n-c'}
    made = administrator.post("organizations", fields)
    administrator.post("organizations", {"name": "'=1+1", "parent_id": made["id"], "region": "[empty]"})
    administrator.post("teams", {"name": "Round", "member_ids": [person["id"]]})
    administrator.post("sites", {"name": "Round", "country": "NL", "address": "A 1\nB 2"})
    for type in ("organizations", "people", "teams", "sites"):
        file = exported(account, administrator, type)
        done, lines = imported(account, administrator, type, file)
        assert done["state"] == "done"
        assert set(outcomes(lines)) == {"unchanged"}, lines
    names = [row["name"] for row in rows_of(exported(account, administrator, "organizations"))]
    assert "'=1+1" in names
    assert "''=1+1" in names


def test_rows_are_found_by_id_by_source_and_by_name(account: Account, administrator: Client) -> None:
    by_id = administrator.post("sites", {"name": "Found 1"})
    by_source = administrator.post("sites", {"name": "Found 2", "source": "erp", "sourceID": "s2"})
    by_name = administrator.post("sites", {"name": "Found 3"})
    blank = {"id": "", "source": "", "sourceID": ""}
    file = csv_of(
        {**blank, "name": "Renamed 1", "id": str(by_id["id"])},
        {**blank, "name": "Renamed 2", "source": "erp", "sourceID": "s2"},
        {**blank, "name": "Found 3", "source": "erp", "sourceID": "s3"},
        {**blank, "name": "Found 3", "source": "erp", "sourceID": "s4"},
        {**blank, "name": "Lost", "id": "999999"},
    )
    _, lines = imported(account, administrator, "sites", file)
    assert outcomes(lines) == ["updated", "updated", "updated", "created", "failure"]
    assert [line["record_id"] for line in lines[:3]] == [by_id["id"], by_source["id"], by_name["id"]]
    assert lines[4]["errors"][0][0] == "id"


def test_a_name_that_several_have_is_refused(account: Account, administrator: Client) -> None:
    for _ in range(2):
        administrator.post("sites", {"name": "Twins"})
    _, lines = imported(account, administrator, "sites", csv_of({"name": "Twins", "city": "Utrecht"}))
    assert lines[0]["errors"] == [["name", "several are called so: say the id, or source and sourceID"]]


def test_a_blank_cell_leaves_a_field_and_empty_empties_it(account: Account, administrator: Client) -> None:
    made = administrator.post("organizations", {"name": "Blank", "region": "North", "financialID": "F1"})
    file = csv_of({"name": "Blank", "region": "", "financialID": "[empty]"})
    _, lines = imported(account, administrator, "organizations", file)
    after = administrator.get(f"organizations/{made['id']}")
    assert (after["region"], after["financialID"]) == ("North", None)
    assert lines[0]["changes"] == {"financialID": ["F1", ""]}


def test_references_go_by_source_by_name_and_in_lists(account: Account, administrator: Client) -> None:
    file = "\ufeff".encode() + b"source;sourceID;name;parent_sourceID\r\nerp;o1;Ref 1;o2\r\nerp;o2;Ref 2;\r\n"
    _, lines = imported(account, administrator, "organizations", file, delimiter="semicolon")
    assert outcomes(lines) == ["created", "created"]
    assert lines[0]["changes"]["parent"] == [None, "Ref 2"]
    first, second = (account.person(name, "specialist")[0] for name in ("Ref Ann", "Ref Bob"))
    emails = f"{first['primary_email']}, {second['primary_email'].upper()}"
    row = {"name": "Ref Team", "members": emails, "coordinator": "Ref Ann"}
    _, [made] = imported(account, administrator, "teams", csv_of(row))
    team = administrator.get(f"teams/{made['record_id']}")
    assert (made["outcome"], team["coordinator"]["id"]) == ("created", first["id"])
    assert [each["id"] for each in administrator.get(f"teams/{team['id']}/members")] == [
        first["id"],
        second["id"],
    ]
    emptied = csv_of({"name": "Ref Team", "members": "[empty]", "coordinator": "[empty]"})
    _, [line] = imported(account, administrator, "teams", emptied)
    assert line["changes"]["coordinator"] == [first["primary_email"], ""]
    assert administrator.get(f"teams/{team['id']}/members") == []


def test_two_cells_of_one_reference_mean_the_same_record(account: Account, administrator: Client) -> None:
    ids = [administrator.post("organizations", {"name": f"Meant {n}"})["id"] for n in range(2)]
    rows = [
        {"name": "Agreed", "parent_id": str(ids[0]), "parent": "Meant 0"},
        {"name": "Torn", "parent_id": str(ids[0]), "parent": "Meant 1"},
    ]
    _, lines = imported(account, administrator, "organizations", csv_of(*rows))
    assert outcomes(lines) == ["created", "failure"]
    assert lines[1]["errors"] == [["parent", "means another record than parent_id"]]
    # Of a record that is there, the cell that was changed counts.
    rows[0]["parent"] = "Meant 1"
    _, lines = imported(account, administrator, "organizations", csv_of(rows[0]))
    assert lines[0]["changes"] == {"parent": ["Meant 0", "Meant 1"]}


def test_a_circle_in_the_file_is_told_by_its_lines(account: Account, administrator: Client) -> None:
    file = csv_of(
        {"name": "Circle 1", "parent": "Circle 2"},
        {"name": "Circle 2", "parent": "Circle 1"},
    )
    _, lines = imported(account, administrator, "organizations", file)
    assert outcomes(lines) == ["failure", "failure"]
    assert lines[0]["errors"] == [["parent", "is a circle of the lines 2, 3"]]


def test_what_was_imported_says_in_the_audit_of_which_line_it_came(
    account: Account, administrator: Client
) -> None:
    done, lines = imported(account, administrator, "sites", csv_of({"name": "Audited"}))
    [line] = administrator.get(f"sites/{lines[0]['record_id']}/audit")
    assert line["imported"] == {"import": done["token"], "file": "sites.csv", "line": 2}


@pytest.mark.parametrize(
    ("file", "errors"),
    [
        (b"", [["file", "is empty"]]),
        (b"name,nmae\n", [["nmae", "is no column of this type"]]),
        (b"name,name\n", [["name", "is there more than once"]]),
        (b"name;region\n", [["delimiter", "the columns seem to be separated otherwise: say semicolon"]]),
        ("name\nä\n".encode("utf-16"), [["line 1", "is UTF-16; save the file in UTF-8"]]),
        (b"PK\x03\x04\n", [["line 1", "is a workbook (xlsx) or a ZIP; save the sheet as CSV"]]),
    ],
)
def test_a_file_that_can_be_no_such_file_is_refused_at_once(
    administrator: Client, file: bytes, errors: list[list[str]]
) -> None:
    response = send(administrator, "sites", file)
    assert response.status_code == 422
    assert json.loads(response.data)["errors"][: len(errors)] == errors


@pytest.mark.parametrize(
    ("broken", "error"),
    [
        (b'"never closed', ["line 3", "has a quote that is never closed"]),
        (b'"a"b', ["line 3", "has text behind a closing quote; a quote within a cell is doubled"]),
        (b"\xff", ["line 3", "is not UTF-8"]),
    ],
)
def test_a_file_that_breaks_off_changes_nothing(
    account: Account, administrator: Client, broken: bytes, error: list[str]
) -> None:
    done, lines = imported(account, administrator, "sites", b"name\nNot made\n" + broken + b"\n")
    assert (done["state"], done["errors"], lines) == ("failed", [error], [])
    assert administrator.get("sites", name="Not made") == []


def test_a_line_that_is_broken_is_its_own_error(account: Account, administrator: Client) -> None:
    file = b"name,city\nRagged\nNUL,a\x00b\nWhole,Delft\n"
    done, lines = imported(account, administrator, "sites", file)
    assert outcomes(lines) == ["error", "error", "created"]
    assert lines[0]["errors"] == [["line", "has 1 cells, and the header 2"]]
    assert done["results"]["errors"] == 2


def test_each_type_is_for_those_who_maintain_it(account: Account, administrator: Client) -> None:
    manager = account.person("Import Manager", "specialist", "service_level_manager")[1]
    assert send(manager, "people", csv_of({"name": "X"})).status_code == 403
    response = send(manager, "sites", csv_of({"name": "Managed"}))
    assert response.status_code == 200
    token = json.loads(response.data)["token"]
    other = account.person("Other Manager", "specialist", "service_level_manager")[1]
    assert other.send("GET", f"import/{token}").status_code == 404
    assert administrator.get(f"import/{token}")["state"] == "queued"
    work(account)


def test_who_loses_his_role_before_his_turn_imports_nothing(account: Account, administrator: Client) -> None:
    person, client = account.person("Short Lived", "specialist", "service_level_manager")
    token = json.loads(send(client, "sites", csv_of({"name": "Too late"})).data)["token"]
    administrator.patch(f"people/{person['id']}/permissions", {"roles": []})
    work(account)
    found = administrator.get(f"import/{token}")
    assert (found["state"], found["results"]["created"]) == ("failed", 0)


def test_the_logfile_has_a_line_for_each_change_and_refusal(account: Account, administrator: Client) -> None:
    file = csv_of({"name": "=Logged", "country": "NL"}, {"name": "Wrong", "country": "Netherlands"})
    done, _ = imported(account, administrator, "sites", file)
    response = administrator.send("GET", done["logfile"].split("/v1/", 1)[1])
    assert response.mimetype == "text/csv"
    assert response.headers["Content-Disposition"].startswith("attachment")
    logged = rows_of(response.data)
    assert [(row["line"], row["outcome"], row["column"]) for row in logged] == [
        ("2", "created", "name"),
        ("2", "created", "country"),
        ("3", "failure", "country"),
    ]
    assert logged[0]["new"] == "'=Logged"
    assert logged[2]["error"] == "must be a country code such as NL"


def test_a_form_is_refused_by_name(administrator: Client) -> None:
    for type, said, field in (("requests", {}, "type"), ("sites", {"nonsense": "1"}, "nonsense")):
        response = send(administrator, type, b"name\n", **said)
        assert response.status_code == 422
        assert json.loads(response.data)["errors"][0][0] == field
    assert administrator.send("POST", "import", {"type": "sites"}).status_code == 415
    without = administrator.send("POST", "import", data={"type": "sites"}, content_type="multipart/form-data")
    assert json.loads(without.data)["errors"] == [["file", "is missing"]]


def test_forms_that_are_refused_stand_in_nobodys_way(account: Account, administrator: Client) -> None:
    for _ in range(MAX_WAITING + 1):
        assert send(administrator, "sites", b"name\n", nonsense="1").status_code == 422
    assert send(administrator, "sites", csv_of({"name": "After all"})).status_code == 200
    work(account)


def test_a_file_that_is_too_large_is_refused(administrator: Client) -> None:
    assert send(administrator, "sites", b"name\n" + b"x" * (33 * 1024 * 1024)).status_code == 413
