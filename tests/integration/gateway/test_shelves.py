"""Organizations, people, teams and sites are archived, put in the trash, and restored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.common.actor import Actor
from services.organizations.actions.records.introductions import introduce
from tests.integration.gateway.account import Account, Client

KINDS = ("organizations", "people", "teams", "sites")


def made(client: Client, kind: str, name: str) -> dict[str, Any]:
    address = {"primary_email": f"{name.lower().replace(' ', '.')}@widget.example"}
    return dict(client.post(kind, {"name": name, **(address if kind == "people" else {})}))


def ids(client: Client, path: str) -> set[int]:
    return {each["id"] for each in client.get(path, per_page=100)}


def code(client: Client, method: str, path: str, body: Any = None) -> str:
    response = client.send(method, path, body)
    assert response.status_code >= 400, response.text
    return str(response.headers["X-Interdesk-Error"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_record_goes_into_the_archive_and_the_trash_and_comes_back(account: Account, kind: str) -> None:
    client = account.client()
    record = made(client, kind, f"Shelved {kind}")
    path = f"{kind}/{record['id']}"
    archived = client.post(f"{path}/archive", {}, status=200)
    assert archived == {**record, "archived": "true", "updated_at": archived["updated_at"]}
    assert client.get(path) == archived
    assert record["id"] in ids(client, f"{kind}/archive")
    assert record["id"] not in ids(client, kind) | ids(client, f"{kind}/enabled") | ids(
        client, f"{kind}/trash"
    )
    assert code(client, "PATCH", path, {"name": "Other"}) == "archived_record"

    trashed = client.post(f"{path}/trash", {}, status=200)
    assert trashed["trashed"] == "true"
    assert "archived" not in trashed
    assert client.send("GET", path).status_code == client.send("GET", f"{path}/audit").status_code == 404
    assert client.send("PATCH", path, {"name": "Other"}).status_code == 404
    assert record["id"] in ids(client, f"{kind}/trash")
    assert record["id"] not in ids(client, kind) | ids(client, f"{kind}/archive")

    restored = client.post(f"{path}/restore", {}, status=200)
    assert restored == {**record, "updated_at": restored["updated_at"]} == client.get(path)
    assert client.post(f"{path}/restore", {}, status=200) == restored
    lines = client.get(f"{path}/audit")
    assert [line["action"] for line in lines] == ["restore", "trash", "archive", "create"]


def test_who_may_not_maintain_records_neither_shelves_them_nor_sees_the_trash(account: Account) -> None:
    _, specialist = account.person("Only Specialist", "specialist")
    for kind in KINDS:
        record = made(account.client(), kind, f"Kept {kind}")
        for verb in ("archive", "trash", "restore"):
            assert specialist.send("POST", f"{kind}/{record['id']}/{verb}", {}).status_code == 403
        assert specialist.send("GET", f"{kind}/trash").status_code == 403
        assert specialist.get(f"{kind}/archive") is not None


@pytest.mark.parametrize("verb", ["archive", "trash"])
def test_the_tokens_of_a_person_out_of_use_open_nothing(account: Account, verb: str) -> None:
    administrator = account.client()
    person, client = account.person(f"Leaves By {verb}", "specialist")
    team = administrator.post("teams", {"name": f"Left by {verb}", "members": [person["id"]]})
    administrator.post(f"people/{person['id']}/{verb}", {}, status=200)
    assert client.send("GET", "me").status_code == 401
    assert administrator.get(f"teams/{team['id']}/members") == []
    administrator.post(f"people/{person['id']}/restore", {}, status=200)
    assert client.get("me")["id"] == person["id"]
    assert [each["id"] for each in administrator.get(f"teams/{team['id']}/members")] == [person["id"]]


def test_an_address_is_free_when_its_owner_is_in_the_trash(account: Account) -> None:
    administrator = account.client()
    first = made(administrator, "people", "Comes Again")
    administrator.post(f"people/{first['id']}/archive", {}, status=200)
    again = {"name": "Comes Again", "primary_email": first["primary_email"]}
    assert administrator.send("POST", "people", again).status_code == 409
    administrator.post(f"people/{first['id']}/trash", {}, status=200)
    second = administrator.post("people", again)
    refused = administrator.send("POST", f"people/{first['id']}/restore", {})
    assert refused.status_code == 409
    assert [name for name, _ in json.loads(refused.data)["errors"]] == ["primary_email"]
    administrator.patch(f"people/{second['id']}", {"primary_email": "other@widget.example"})
    administrator.post(f"people/{first['id']}/restore", {}, status=200)


def test_what_the_account_stands_on_is_not_shelved(account: Account) -> None:
    administrator = account.client()
    own = administrator.get("account")
    for verb in ("archive", "trash"):
        for path in (f"teams/{own['service_desk_team']['id']}", f"organizations/{own['organization']['id']}"):
            assert code(administrator, "POST", f"{path}/{verb}", {}) == "still_needed"
        assert code(administrator, "POST", f"people/{own['owner']['id']}/{verb}", {}) == "last_administrator"
    account.person("Second In Command", "account_administrator")
    assert code(administrator, "POST", f"people/{own['owner']['id']}/archive", {}) == "still_needed"


def test_what_names_a_record_goes_on_naming_it_and_nothing_new_does(account: Account) -> None:
    administrator = account.client()
    team = made(administrator, "teams", "Named Team")
    service = administrator.post("services", {"name": "Named", "support_team_id": team["id"]})
    fields = {"subject": "Named", "category": "other", "team_id": team["id"]}
    request = administrator.post("requests", fields)
    administrator.post(f"teams/{team['id']}/archive", {}, status=200)
    account.clock.step(5)
    named = administrator.get(f"services/{service['id']}")["support_team"]
    assert (named["name"], named["disabled"]) == ("Named Team", True)
    assert administrator.get(f"requests/{request['id']}")["team"]["id"] == team["id"]
    # What other services hear by events is asked for here.
    for name in ("slas", "requests"):
        account.contexts[name].copies.refresh("team", team["id"])
    refused = administrator.send("POST", "services", {"name": "New", "support_team_id": team["id"]})
    assert refused.status_code == 422
    assert administrator.send("POST", "requests", fields).status_code == 422


def test_a_partners_record_is_not_ours_to_shelve(account: Account) -> None:
    context = account.contexts["organizations"]
    context.database["trusts"].insert_one(
        {"_id": "gigatera", "version": 1, "name": "GigaTera", "status": "active", "outbox": []}
    )
    id = introduce(context, Actor.system("widget"), "gigatera", "organization", 7, "GigaTera")["id"]
    assert code(account.client(), "POST", f"organizations/{id}/archive", {}) == "foreign_record"


def test_members_are_put_on_a_team_and_taken_off_it(account: Account) -> None:
    administrator = account.client()
    people = [made(administrator, "people", f"Member {number}")["id"] for number in range(3)]
    team = administrator.post("teams", {"name": "Growing", "members": people[:1], "coordinator": people[0]})
    path = f"teams/{team['id']}/members"
    for person in (people[1], people[2], people[2]):
        assert administrator.post(f"{path}/{person}", {}, status=200)["id"] == team["id"]
    assert ids(administrator, path) == set(people)
    assert (
        code(administrator, "POST", f"{path}/{people[1]}", {"impact_relation": "down"}) == "validation_failed"
    )
    assert code(administrator, "POST", f"{path}/999999", {}) == "unknown_reference"
    assert administrator.send("DELETE", f"{path}/{people[2]}").status_code == 204
    assert administrator.send("DELETE", f"{path}/{people[2]}").status_code == 404
    assert ids(administrator, path) == set(people[:2])
    assert code(administrator, "DELETE", f"{path}/{people[0]}") == "coordinator_not_member"
    administrator.patch(f"teams/{team['id']}", {"coordinator": None})
    assert administrator.send("DELETE", path).status_code == 204
    assert administrator.get(path) == []
    _, specialist = account.person("No Team Lead", "specialist")
    assert specialist.send("POST", f"{path}/{people[0]}", {}).status_code == 403
