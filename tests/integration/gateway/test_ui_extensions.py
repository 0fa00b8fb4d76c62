"""Forms of custom fields over the API: prepared, activated, filled in, and seen by those who may."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.common.actor import Actor
from services.organizations import queries
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.made import Made

LABELS = {"contact": "Purchasing contact", "level": "Level", "note": "Note", "owner": "Owner"}


def field(id: str, type: str = "text", **more: Any) -> Made:
    return {"id": id, "label": LABELS[id], "type": type, "internal": False, **more}


LEVELS = {"options": [{"value": "gold", "label": "Gold"}, {"value": "silver"}]}
FIELDS = [
    field("contact", required=True),
    field("level", "select", **LEVELS),
    field("note", internal=True),
]


def refused(client: Client, method: str, path: str, body: Any = None, status: int = 422) -> dict[str, str]:
    response = client.send(method, path, body)
    assert response.status_code == status, response.text
    errors = json.loads(response.data).get("errors", ())
    return {name: text for name, text in errors if name != "base"}


def custom(**values: Any) -> Made:
    return {"custom_fields": [{"id": id, "value": value} for id, value in values.items()]}


def shown(record: Made) -> dict[str, Any]:
    return {each["id"]: each["value"] for each in record["custom_fields"] or ()}


@pytest.fixture(scope="module")
def designer(account: Account) -> Client:
    return account.person("Dee Signer", "account_designer")[1]


@pytest.fixture(scope="module")
def extension(designer: Client) -> Made:
    """The form that organizations are written with, in its first version."""
    fields = {"name": "Customer details", "category": "organization", "fields": FIELDS}
    made: Made = designer.post("ui_extensions", fields)
    assert made["active_version"] is None
    assert made["prepared_version"]["status"] == "being_prepared"
    return designer.post(f"ui_extensions/{made['id']}/activate", None, 200)


def test_a_form_is_prepared_activated_and_archived_version_by_version(designer: Client) -> None:
    made = designer.post("ui_extensions", {"name": "Rooms", "category": "site"})
    path = f"ui_extensions/{made['id']}"
    assert refused(designer, "POST", f"{path}/activate") == {"fields": "must not be empty"}
    first = designer.patch(path, {"fields": [field("note")]})["prepared_version"]
    again = designer.patch(path, {"fields": [field("note", "number", max=5)]})["prepared_version"]
    assert again["id"] == first["id"]
    assert [each["type"] for each in again["fields"]] == ["number"]
    active = designer.post(f"{path}/activate", None, 200)
    assert active["active_version"]["id"] == first["id"]
    assert active["prepared_version"] is None
    assert "prepared_version" in refused(designer, "POST", f"{path}/activate")
    edited = designer.patch(path, {"fields": [field("contact")]})
    assert edited["active_version"] == active["active_version"]
    designer.post(f"{path}/activate", None, 200)
    versions = designer.get(f"{path}/versions", fields="*")
    assert [(each["number"], each["status"]) for each in versions] == [(1, "archived"), (2, "active")]
    assert versions[0]["fields"] == active["active_version"]["fields"]
    assert versions[0]["id"] != versions[1]["id"]
    lines = designer.get(f"{path}/audit", fields="action,changes")
    assert [line["action"] for line in lines] == [
        "activate",
        "update",
        "activate",
        "update",
        "update",
        "create",
    ]
    assert lines[0]["changes"] == {"active_version": [1, 2]}
    assert lines[1]["changes"] == {"fields": [["note"], ["contact"]]}
    designer.patch(path, {"disabled": True})


def test_one_extension_at_a_time_stands_for_a_kind_of_record(designer: Client, extension: Made) -> None:
    other = designer.post(
        "ui_extensions", {"name": "Other", "category": "organization", "fields": [field("note")]}
    )
    path = f"ui_extensions/{other['id']}"
    said = designer.send("POST", f"{path}/activate")
    assert said.status_code == 422
    assert f"The UI extension Customer details ({extension['id']}) is active" in said.text
    designer.patch(f"ui_extensions/{extension['id']}", {"disabled": True})
    designer.post(f"{path}/activate", None, 200)
    assert "category" in refused(designer, "PATCH", f"ui_extensions/{extension['id']}", {"disabled": False})
    designer.patch(path, {"disabled": True})
    designer.patch(f"ui_extensions/{extension['id']}", {"disabled": False})


def test_of_two_that_are_activated_at_the_same_moment_one_stands(designer: Client) -> None:
    paths = [
        f"ui_extensions/{made['id']}"
        for name in ("One", "Two", "Three")
        for made in [
            designer.post("ui_extensions", {"name": name, "category": "team", "fields": [field("note")]})
        ]
    ]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda path: designer.send("POST", f"{path}/activate").status_code, paths))
    assert sorted(answers) == [200, 422, 422]
    designer.patch(paths[answers.index(200)], {"disabled": True})


def test_the_form_is_designed_by_designers_and_read_by_staff(account: Account, extension: Made) -> None:
    specialist, end_user = account.person("Sue Reads", "specialist")[1], account.person("Una Used")[1]
    path = f"ui_extensions/{extension['id']}"
    assert specialist.get(path)["active_version"]["number"] == 1
    assert specialist.get("ui_extensions", category="organization")
    for method, where in (("POST", "ui_extensions"), ("PATCH", path), ("POST", f"{path}/activate")):
        assert specialist.send(method, where, {}).status_code == 403
    for where in ("ui_extensions", path, f"{path}/versions"):
        assert end_user.send("GET", where).status_code == 403


def test_a_stale_reader_does_not_activate_what_he_has_not_seen(designer: Client) -> None:
    made = designer.post("ui_extensions", {"name": "Etag", "category": "site", "fields": [field("note")]})
    path = f"ui_extensions/{made['id']}"
    etag = designer.send("GET", path).headers["ETag"]
    designer.patch(path, {"fields": [field("contact")]})
    response = designer.send("POST", f"{path}/activate", headers={"If-Match": etag})
    assert response.status_code == 412


def test_a_record_is_written_with_the_form_and_says_which(designer: Client, extension: Made) -> None:
    fields = {"name": "Buyer", **custom(level="gold")}
    assert refused(designer, "POST", "organizations", fields) == {"custom_fields.contact": "is required"}
    made = designer.post("organizations", {**fields, **custom(level="gold", contact="Ann")})
    assert made["custom_fields"] == [{"id": "contact", "value": "Ann"}, {"id": "level", "value": "gold"}]
    assert {name: made["ui_extension"][name] for name in ("id", "name")} == {
        "id": extension["id"],
        "name": "Customer details",
    }
    assert made["ui_extension_version_id"] == extension["active_version"]["id"]
    path = f"organizations/{made['id']}"
    assert shown(designer.patch(path, custom(level=None, note="Pays late"))) == {
        "contact": "Ann",
        "note": "Pays late",
    }
    assert refused(designer, "PATCH", path, custom(level="bronze", size=1)) == {
        "custom_fields.level": "must be one of gold, silver",
        "custom_fields.size": "is not in the form Customer details, version 1",
    }
    line = designer_line(designer, path)
    assert line == {
        "custom_fields": [[{"id": "level", "value": "gold"}], [{"id": "note", "value": "Pays late"}]]
    }
    listed = designer.get("organizations", id=str(made["id"]), fields="custom_fields,ui_extension")[0]
    assert shown(listed) == {"contact": "Ann", "note": "Pays late"}


def designer_line(client: Client, path: str) -> Made:
    changes: Made = client.get(f"{path}/audit", fields="changes", per_page="1")[0]["changes"]
    return changes


def test_a_write_that_names_no_custom_fields_is_not_held_to_them(designer: Client, extension: Made) -> None:
    made = designer.post("organizations", {"name": "Plain"})
    assert (made["custom_fields"], made["ui_extension"]) == (None, None)
    assert designer.patch(f"organizations/{made['id']}", {"region": "EMEA"})["region"] == "EMEA"


def test_values_stay_readable_by_their_form_and_are_carried_to_the_next(
    designer: Client, extension: Made
) -> None:
    made = designer.post("organizations", {"name": "Carried", **custom(contact="Ann", level="silver")})
    path, form = f"organizations/{made['id']}", f"ui_extensions/{extension['id']}"
    gold = {"options": [{"value": "gold"}]}
    designer.patch(form, {"fields": [field("level", "select", **gold), *FIELDS[::2]]})
    second = designer.post(f"{form}/activate", None, 200)["active_version"]
    try:
        assert shown(designer.get(path)) == {"contact": "Ann", "level": "silver"}
        assert designer.patch(path, {"region": "APAC"})["ui_extension_version_id"] != second["id"]
        wrong = refused(designer, "PATCH", path, custom(note="Moved"))
        assert list(wrong) == ["custom_fields.level"]
        assert (
            "no longer fits Customer details, version 2: must be one of gold" in wrong["custom_fields.level"]
        )
        moved = designer.patch(path, custom(note="Moved", level="gold"))
        assert [each["id"] for each in moved["custom_fields"]] == ["level", "contact", "note"]
        assert moved["ui_extension_version_id"] == second["id"]
    finally:
        designer.patch(form, {"fields": FIELDS})
        designer.post(f"{form}/activate", None, 200)


def test_internal_fields_are_hidden_from_who_is_no_specialist(
    account: Account, designer: Client, extension: Made
) -> None:
    administrator = account.client()
    filled = custom(contact="Ann", note="Never pays")
    made = designer.post("organizations", {"name": "Outsiders", **filled})
    path = f"organizations/{made['id']}"
    readers = {
        name: account.person(f"{name} Outsider", *roles)
        for name, roles in (("End", ()), ("Specialist", ("specialist",)))
    }
    for person, _ in readers.values():
        administrator.patch(f"people/{person['id']}", {"organization_id": made["id"]})
    clients = {name: client for name, (_, client) in readers.items()}
    assert shown(clients["End"].get(path)) == {"contact": "Ann"}
    listed = clients["End"].get("organizations", id=str(made["id"]), fields="custom_fields")
    assert [shown(each) for each in listed] == [{"contact": "Ann"}]
    assert shown(clients["Specialist"].get(path)) == {"contact": "Ann", "note": "Never pays"}
    # Also by the form that the record was written with, when another one is active by now.
    form = f"ui_extensions/{extension['id']}"
    designer.patch(form, {"fields": [*FIELDS[:2], {**FIELDS[2], "internal": False}]})
    designer.post(f"{form}/activate", None, 200)
    try:
        assert shown(clients["End"].get(path)) == {"contact": "Ann"}
        designer.patch(path, custom(contact="Eve"))
        assert shown(clients["End"].get(path)) == {"contact": "Eve", "note": "Never pays"}
    finally:
        designer.patch(form, {"fields": FIELDS})
        designer.post(f"{form}/activate", None, 200)


def test_internal_fields_are_hidden_in_the_history_too(
    account: Account, designer: Client, extension: Made
) -> None:
    """Whoever may read audit lines over the API sees internal fields today; the rule stands by itself."""
    made = designer.post("organizations", {"name": "Told", **custom(contact="Ann", note="Never pays")})
    designer.patch(f"organizations/{made['id']}", custom(note="Pays"))
    database = account.contexts["organizations"].database
    seen = {}
    for name, roles in (("member", ()), ("specialist", ("specialist",))):
        viewer = Actor(None, "widget", frozenset(roles), organization_id=made["id"])
        entries = queries.get_history(database, "organization", made["id"], viewer)
        lines = queries.get_audit(database, made["id"], viewer, "organization")
        assert [each["changes"] for each in entries] == [each["changes"] for each in lines]
        seen[name] = entries[-1]["changes"]
    assert seen["member"] == {}
    assert seen["specialist"] == custom_change("note", "Never pays", "Pays")


def custom_change(id: str, old: Any, new: Any) -> Made:
    return {"custom_fields": [[{"id": id, "value": old}], [{"id": id, "value": new}]]}


def test_people_teams_and_sites_have_forms_too_and_refer_to_what_is_there(
    account: Account, designer: Client
) -> None:
    administrator = account.client()
    person = administrator.post("people", {"name": "Olga", "primary_email": "olga@widget.example"})
    for kind, path, body in (
        ("person", "people", {"name": "Per", "primary_email": "per@widget.example"}),
        ("team", "teams", {"name": "Tea"}),
        ("site", "sites", {"name": "Sit"}),
    ):
        owner = field("owner", "reference", reference="person")
        made = designer.post("ui_extensions", {"name": kind, "category": kind, "fields": [owner]})
        designer.post(f"ui_extensions/{made['id']}/activate", None, 200)
        wrong = refused(administrator, "POST", path, {**body, **custom(owner=10**6)})
        assert wrong == {"custom_fields.owner": "there is no person with this id"}
        record = administrator.post(path, {**body, **custom(owner={"id": person["id"]})})
        referred = {name: person[name] for name in ("id", "name", "nodeID")}
        assert record["custom_fields"] == [{"id": "owner", "value": person["id"], "person": referred}]
        assert record["ui_extension"]["name"] == kind
        designer.patch(f"ui_extensions/{made['id']}", {"disabled": True})
        there = f"{path}/{record['id']}"
        assert shown(administrator.get(there)) == {"owner": person["id"]}
        assert list(refused(administrator, "PATCH", there, custom(owner=None))) == ["custom_fields"]


def test_nobody_changes_his_own_custom_fields(account: Account) -> None:
    client = account.person("Own Fields")[1]
    assert client.send("PATCH", "people/me", custom(note="Raise")).status_code == 403


def test_a_form_that_is_not_whole_is_refused_with_all_that_is_wrong(designer: Client) -> None:
    fields = [field("level", "select"), field("note", pattern="(a+"), field("note", "number")]
    wrong = refused(designer, "POST", "ui_extensions", {"name": "Bad", "category": "site", "fields": fields})
    assert set(wrong) == {"fields.0.options", "fields.1.pattern", "fields.2.id"}
    shapeless = [{"id": "No Id", "label": "", "type": "magic", "color": "red"}]
    wrong = refused(designer, "POST", "ui_extensions", {"name": "Bad", "category": "x", "fields": shapeless})
    assert {"category", "fields.0.id", "fields.0.label", "fields.0.type", "fields.0.color"} <= set(wrong)
