"""Who the caller is, what he may do, and his tokens."""

from __future__ import annotations

import json
from datetime import timedelta

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
    found = account.client().get("people/all_with_roles", roles="problem_manager", fields="name")
    assert [each["name"] for each in found] == ["Role Player"]
    account.person("Without A Role")
    listed = account.client().get("people/all_with_roles", fields="name", per_page=100)
    assert "Role Player" in [each["name"] for each in listed]
    assert "Without A Role" not in [each["name"] for each in listed]


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
    for scopes in (["*"], ["people:write"], ["people:read", "requests:read"]):
        response = client.send("POST", path, {"name": "more", "scopes": scopes})
        assert response.status_code == 403
        assert response.headers["X-Interdesk-Error"] == "scope_missing"
    for malformed in ("people:read", [1], []):
        assert client.send("POST", path, {"name": "more", "scopes": malformed}).status_code == 422


def test_a_token_makes_no_token_that_outlives_it(account: Account) -> None:
    _, owner = account.person("Short Lived", "specialist")
    path, now = "personal_access_tokens", account.clock.now()
    until = {days: f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (1, 2, 3)}
    short = account.client(owner.post(path, {"name": "short", "expires_at": until[2]})["token"])
    assert short.post(path, {"name": "as long"})["expires_at"] == until[2]
    assert short.post(path, {"name": "shorter", "expires_at": until[1]})["expires_at"] == until[1]
    for longer in (until[3], None):
        refused = short.send("POST", path, {"name": "longer", "expires_at": longer})
        assert refused.headers["X-Interdesk-Error"] == "outlives_its_maker"
        assert json.loads(refused.data)["errors"][0][0] == "expires_at"
    assert owner.post(path, {"name": "for ever", "expires_at": None})["expires_at"] is None


def test_another_persons_token_takes_one_that_may_write_people(account: Account) -> None:
    person, _ = account.person("Somebody Else", "specialist")
    body = {"name": "for another", "person_id": person["id"]}
    for scopes, status in ((("tokens:write", "requests:*"), 403), (("tokens:write", "people:write"), 201)):
        name = f"Token Maker {status}"
        _, maker = account.person(name, "account_administrator", scopes=scopes)
        assert maker.send("POST", "personal_access_tokens", body).status_code == status


def test_one_token_is_its_owners_to_see(account: Account) -> None:
    _, owner = account.person("Sees His Own", "specialist")
    made = owner.post("personal_access_tokens", {"name": "seen"})
    shown = owner.get(f"personal_access_tokens/{made['id']}")
    assert shown == {name: value for name, value in made.items() if name != "token"}
    assert account.client().send("GET", f"personal_access_tokens/{made['id']}").status_code == 404
    owner.send("DELETE", f"personal_access_tokens/{made['id']}")
    active = owner.get("personal_access_tokens/active", fields="name")
    assert [each["name"] for each in active] == ["test"]


def test_roles_are_not_lost_between_two_who_give_them(account: Account) -> None:
    person, _ = account.person("Promoted Twice", "specialist")
    administrator, path = account.client(), f"people/{person['id']}/permissions"
    seen = administrator.send("GET", path).headers["ETag"]
    administrator.patch(path, {"roles": ["specialist", "auditor"]})
    late = administrator.send("PATCH", path, {"roles": ["specialist"]}, headers={"If-Match": seen})
    assert late.status_code == 412
    assert administrator.get(path)[0]["roles"] == ["specialist", "auditor"]


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


def test_people_are_found_by_the_site_they_work_at(account: Account) -> None:
    administrator = account.client()
    site = administrator.post("sites", {"name": "Delft", "country": "NL", "time_zone": "Amsterdam"})
    person, own = account.person("Sita Onsite")
    moved = administrator.patch(f"people/{person['id']}", {"site": site["id"]})
    assert moved["site"]["name"] == "Delft"
    assert [each["id"] for each in administrator.get(f"sites/{site['id']}/people")] == [person["id"]]
    assert [each["id"] for each in administrator.get("people", site=str(site["id"]))] == [person["id"]]
    assert own.get("sites") == []
    administrator.patch(f"sites/{site['id']}", {"disabled": True})
    other, _ = account.person("Late Comer")
    refused = administrator.send("PATCH", f"people/{other['id']}", {"site_id": site["id"]})
    assert (refused.status_code, "disabled" in refused.text) == (422, True)
