"""Who did what through the API, and in which request: where an auditor finds it."""

from __future__ import annotations

import json

import pytest
import structlog

from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.made import KINDS, Made, name_of

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACED = {"traceparent": TRACE, "X-Request-Id": "my-request"}


@pytest.fixture(scope="module")
def auditor(account: Account) -> Client:
    return account.person("Audrey Auditor", "auditor")[1]


@pytest.fixture(scope="module")
def changed(administrator: Client, bodies: dict[str, Made]) -> dict[str, tuple[str, Made]]:
    """A record of each kind: its path, and what one traced PATCH has changed."""
    found = {}
    for kind in KINDS:
        name, record = name_of(kind), administrator.post(kind, bodies[kind])
        path = f"{kind}/{record['id']}"
        response = administrator.send("PATCH", path, {name: "Changed"}, headers=TRACED)
        assert response.status_code == 200, response.text
        found[kind] = (path, {name: [record[name], "Changed"]})
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_an_audit_line_says_who_changed_what_in_which_request(
    administrator: Client,
    auditor: Client,
    changed: dict[str, tuple[str, Made]],
    kind: str,
) -> None:
    path, changes = changed[kind]
    lines = auditor.get(f"{path}/audit", fields="*")
    assert [line["id"] for line in lines] == [2, 1]
    line, record = lines[0], administrator.get(path)
    assert line["changes"] == changes
    assert line["created_at"]
    assert (line["request_id"], line["traceparent"]) == ("my-request", TRACE)
    me = administrator.get("me")
    assert line["created_by"] == {name: me[name] for name in ("id", "name", "nodeID")}
    widget = {"id": "widget", "name": "Widget Data Center"}
    assert line["user"] == {"id": me["id"], "account": widget, "display_name": me["name"]}
    named = {name: record[name] for name in ("id", "name", "subject", "nodeID") if name in record}
    assert line["audited"] == named


def test_roles_given_and_taken_are_in_the_audit_of_the_person(account: Account, auditor: Client) -> None:
    person, _ = account.person("Role Player", "specialist")
    lines = auditor.get(f"people/{person['id']}/audit", fields="action,changes")
    assert lines[0]["action"] == "permissions"
    assert lines[0]["changes"] == {"roles": [[], ["specialist"]]}


def test_the_accounts_own_settings_are_audited(administrator: Client, auditor: Client) -> None:
    administrator.patch("account", {"locale": "nl"})
    line = auditor.get("account/audit", fields="changes,audited,user", per_page="1")[0]
    assert line["changes"]["locale"][1] == "nl"
    assert line["audited"] == {"id": "widget", "name": "Widget Data Center"}


def test_the_audit_is_no_end_users_business(account: Account) -> None:
    person, client = account.person("End User")
    request = client.post("requests", {"subject": "Mine", "category": "other"})
    for path in (f"people/{person['id']}/audit", f"requests/{request['id']}/audit", "account/audit"):
        assert client.send("GET", path).status_code == 403


def test_the_log_says_who_asked_for_what_and_what_came_of_it(account: Account) -> None:
    person, client = account.person("Logged Person", "specialist")
    token_id = client.get("personal_access_tokens")[0]["id"]
    with structlog.testing.capture_logs() as logged:
        request = client.post("requests", {"subject": "Logged", "category": "other"})
        client.send("PATCH", f"requests/{request['id']}", {"impact": "enormous"})
        client.send("POST", "teams", {"name": "Denied"})
        client.get("requests")
    who = {"person_id": person["id"], "token_id": token_id, "log_level": "info"}
    path = f"/v1/requests/{request['id']}"
    assert [line for line in logged if line["event"] in ("asked", "denied")] == [
        {"event": "asked", "method": "POST", "path": "/v1/requests", "code": None, "status": 201, **who},
        {
            "event": "asked",
            "method": "PATCH",
            "path": path,
            "code": "validation_failed",
            "status": 422,
            **who,
        },
        {
            "event": "denied",
            "method": "POST",
            "path": "/v1/teams",
            "code": "role_missing",
            "address": "127.0.0.1",
            **who,
        },
    ]


def test_an_audit_is_paged_as_every_list(administrator: Client) -> None:
    team = administrator.post("teams", {"name": "Often"})
    for number in range(4):
        administrator.patch(f"teams/{team['id']}", {"name": f"Often {number}"})
    response = administrator.send("GET", f"teams/{team['id']}/audit", query_string={"per_page": "2"})
    assert response.headers["X-Pagination-Total-Entries"] == "5"
    assert [line["id"] for line in json.loads(response.data)] == [5, 4]
