"""Who the caller is, what he may do, and his tokens."""

from __future__ import annotations

import json

import pytest

from tests.integration.gateway.account import Account


def test_me_is_the_caller_everywhere(account: Account) -> None:
    person, client = account.person("Me Myself", "specialist")
    assert client.get("me") == client.get("people/me") == person
    team = account.client().post("teams", {"name": "Mine", "members": [person["id"]]})
    assert [each["id"] for each in client.get("people/me/teams")] == [team["id"]]
    assert [each["id"] for each in client.get(f"people/{person['id']}/teams")] == [team["id"]]
    assert [each["id"] for each in client.get(f"teams/{team['id']}/members")] == [person["id"]]


def test_a_person_without_a_role_sees_himself_and_nobody_else(account: Account) -> None:
    person, client = account.person("End User")
    assert [each["id"] for each in client.get("people")] == [person["id"]]
    assert client.send("GET", "people/1").status_code == 404
    assert client.send("PATCH", "people/1", {"name": "X"}).status_code == 404


def test_everybody_changes_some_fields_of_his_own_record(account: Account) -> None:
    _, client = account.person("Own Profile")
    assert client.patch("people/me", {"job_title": "Baker"})["job_title"] == "Baker"
    refused = client.send("PATCH", "people/me", {"job_title": "Owner", "name": "Else"})
    assert refused.status_code == 403
    assert [name for name, _ in json.loads(refused.data)["errors"]] == ["name"]
    _, specialist = account.person("Own Profile Too", "specialist")
    assert specialist.send("PATCH", "people/1", {"job_title": "Baker"}).status_code == 403


def test_what_is_taken_is_named(account: Account) -> None:
    person, _ = account.person("First Come")
    again = {"name": "Second", "primary_email": person["primary_email"]}
    refused = account.client().send("POST", "people", again)
    assert refused.status_code == 409
    assert [name for name, _ in json.loads(refused.data)["errors"]] == ["primary_email"]


def test_roles_are_read_and_given_beside_the_person(account: Account) -> None:
    person, client = account.person("Role Player", "specialist")
    widget = {"id": "widget", "name": "Widget Data Center"}
    path = f"people/{person['id']}/permissions"
    assert client.get(path) == [{"account": widget, "roles": ["specialist"]}]
    wanted = {"roles": ["specialist", "problem_manager"]}
    assert account.client().patch(path, wanted) == [{"account": widget, **wanted}]
    assert client.send("PATCH", path, wanted).status_code == 403
    assert "roles" not in account.client().get(f"people/{person['id']}")
    found = account.client().get("people", roles="problem_manager", fields="name")
    assert [each["name"] for each in found] == ["Role Player"]


def test_a_role_counts_from_the_next_call_on(account: Account) -> None:
    person, client = account.person("Promoted")
    assert client.send("GET", "notes").status_code == 403
    account.client().patch(f"people/{person['id']}/permissions", {"roles": ["specialist"]})
    assert client.send("GET", "notes").status_code == 200


def test_a_token_is_shown_once_and_opens_until_it_is_revoked(account: Account) -> None:
    _, client = account.person("Token Owner", "specialist")
    made = client.post("personal_access_tokens", {"name": "laptop"})
    assert len(made["token"]) >= 43
    second = account.client(made["token"])
    assert second.get("me")["name"] == "Token Owner"
    listed = client.get("personal_access_tokens", fields="*")
    assert {each["name"] for each in listed} == {"test", "laptop"}
    assert all("token" not in each and "sha256" not in each for each in listed)
    assert client.send("DELETE", f"personal_access_tokens/{made['id']}").status_code == 204
    assert second.send("GET", "me").status_code == 401
    assert client.send("GET", "me").status_code == 200


def test_somebody_elses_token_is_not_there(account: Account) -> None:
    _, owner = account.person("Owner Of One", "specialist")
    _, other = account.person("Other Person", "specialist")
    made = owner.post("personal_access_tokens", {"name": "mine"})
    assert made["id"] not in [each["id"] for each in other.get("personal_access_tokens")]
    assert other.send("DELETE", f"personal_access_tokens/{made['id']}").status_code == 404


def test_a_token_makes_no_token_that_may_do_more_than_itself(account: Account) -> None:
    _, client = account.person("Careful", "specialist", scopes=("tokens:write", "people:read"))
    path = "personal_access_tokens"
    assert client.post(path, {"name": "same"})["scopes"] == ["people:read", "tokens:write"]
    assert client.post(path, {"name": "less", "scopes": ["people:read"]})["scopes"] == ["people:read"]
    for scopes in (["*"], ["people:write"], ["people:read", "requests:read"], "people:read", [1]):
        response = client.send("POST", path, {"name": "more", "scopes": scopes})
        assert response.status_code == 403
        assert response.headers["X-Interdesk-Error"] == "scope_missing"


def test_a_token_for_reading_does_not_write(account: Account) -> None:
    _, client = account.person("Reader", "account_administrator", scopes=("*:read",))
    assert client.send("GET", "teams").status_code == 200
    assert client.send("POST", "teams", {"name": "X"}).status_code == 403


def test_the_account_is_shown_to_all_and_changed_by_administrators(account: Account) -> None:
    _, client = account.person("Curious")
    shown = client.get("account")
    assert (shown["id"], shown["domain"]) == ("widget", "widget.example")
    assert client.send("PATCH", "account", {"locale": "nl"}).status_code == 403
    tag = account.client().send("GET", "account").headers["ETag"]
    assert account.client().patch("account", {"locale": "nl"})["locale"] == "nl"
    late = account.client().send("PATCH", "account", {"locale": "de"}, headers={"If-Match": tag})
    assert late.status_code == 412


def test_the_rate_limit_tells_where_the_token_stands(account: Account) -> None:
    _, client = account.person("Counting")
    first = client.get("rate_limit")["resources"]["core"]
    second = client.get("rate_limit")["resources"]["core"]
    assert first["remaining"] - second["remaining"] == 1
    assert first["limit"] == account.config.rate_limit_per_hour
    response = client.send("GET", "rate_limit")
    assert int(response.headers["X-RateLimit-Reset"]) == second["reset"]
    assert int(response.headers["X-RateLimit-Remaining"]) == second["remaining"] - 1


def test_one_call_too_many_is_told_when_to_come_back(account: Account) -> None:
    from gateway.app import create_app
    from tests.integration.gateway.account import ADMINISTRATOR, Client

    config = account.config.changed(rate_limit_burst=2, rate_limit_per_hour=3)
    databases = {name: context.database for name, context in account.contexts.items()}
    client = Client(create_app(config, databases, account.caller, account.clock), ADMINISTRATOR)
    assert [client.send("GET", "me").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.send("GET", "me")
    assert refused.headers["Retry-After"] == "2"
    assert json.loads(refused.data)["message"].startswith("Too Many Requests")
    account.clock.step(2)
    assert client.send("GET", "me").status_code == 200
    account.clock.step(2)
    assert client.send("GET", "me").headers["Retry-After"] == "3596"


@pytest.mark.parametrize(
    "body",
    [
        {"roles": ["king"]},
        {"roles": "specialist"},
        {},
        {"role": ["specialist"]},
        {"roles": [], "person_id": 5},
    ],
)
def test_roles_that_there_are_not_are_refused(account: Account, body: object) -> None:
    assert account.client().send("PATCH", "people/1/permissions", body).status_code == 422
