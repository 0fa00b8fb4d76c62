"""Whatever a caller sends, the API answers what it means or refuses it; it never breaks."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError as SchemaValidationError

from services.common.roles import ROLES
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.conftest import account
from tests.security.hostile import Api, Operation, operations, values, written

__all__ = ["account"]


@pytest.fixture(scope="module")
def everybody(account: Account) -> Client:
    client = account.person("Every Body", *sorted(ROLES))[1]
    for number in (1, 2):
        team = client.post("teams", {"name": f"Team {number}"})
        client.post("organizations", {"name": f"Organization {number}"})
        extension = {"name": f"Form {number}", "category": ("person", "site")[number - 1]}
        client.post("ui_extensions", {**extension, "fields": [{"id": "a", "label": "A", "type": "text"}]})
        client.post("requests", {"subject": f"Request {number}", "category": "incident", "note": "Noted"})
        service = client.post("services", {"name": f"Service {number}"})
        fields = {"name": "Instance", "service_id": service["id"], "support_team_id": team["id"]}
        instance = client.post("service_instances", fields)
        offering = client.post("service_offerings", {"name": "Offering", "service_id": service["id"]})
        sla = {"name": "SLA", "service_instance_id": instance["id"], "service_offering_id": offering["id"]}
        client.post("slas", {**sla, "coverage": "people"})
        calendar = client.post("calendars", {"name": f"Calendar {number}"})
        holiday = {"name": "Holiday", "start_at": "2026-12-25", "end_at": "2026-12-27"}
        client.post("holidays", {**holiday, "calendar_id": calendar["id"]})
        report = client.post("reports", {"name": "Report", "subject": "requests"})
        client.post("dashboards", {"name": "Dashboard", "reports": [report["id"]]})
    return client


@pytest.fixture(scope="module")
def api(account: Account, everybody: Client) -> Api:
    document = everybody.get("openapi.json")
    victim = str(account.person("Victim", "specialist")[0]["id"])
    tokens = [str(everybody.post("personal_access_tokens", {"name": "spare"})["id"]) for _ in range(2)]
    return Api(everybody, document, victim, tokens)


@pytest.fixture(scope="module")
def picture(everybody: Client) -> str:
    """Where one is fetched."""
    content = b"\x89PNG\r\n\x1a\n" + bytes(50)
    form = {"file": (BytesIO(content), "a.png")}
    key = everybody.send("POST", "attachments", data=form, content_type="multipart/form-data").json
    request = {"subject": "With a picture", "category": "other", "note": "See", "note_attachments": [key]}
    id = everybody.post("requests", request)["id"]
    return str(everybody.get(f"requests/{id}/notes")[0]["attachments"][0]["uri"])


def tried(api: Api, operation: Operation) -> None:
    """Sends some of what a caller may send, and checks each answer."""

    @settings(max_examples=8, deadline=None, phases=(Phase.generate,), database=None)
    @given(sent=api.requests_for(operation))
    def answers(sent: tuple[str, dict[str, Any]]) -> None:
        path, options = sent
        api.check(operation, api.client.send(operation.method, path, **options))

    answers()


def test_every_operation_answers_what_its_document_says(api: Api) -> None:
    """Whatever is sent to it: never a 5xx, no status that is not named, no body of another shape."""
    described = operations(api.document)
    assert len(described) > 130
    wrong = []
    for operation in described:
        try:
            tried(api, operation)
        except (AssertionError, SchemaValidationError) as problem:
            wrong.append(f"{operation.method} {operation.path}: {str(problem).splitlines()[0]}")
    assert not wrong, "\n".join(wrong)
    refused = {(each.method, each.path) for each in described} - api.done
    assert len(refused) < len(described) // 4, f"refused whatever was sent: {sorted(refused)}"


PARAMETERS = (
    "fields",
    "sort",
    "per_page",
    "page",
    "search",
    "search_after",
    "search_before",
    "id",
    "ids",
    "name",
)
LISTS = (
    "people",
    "teams",
    "requests",
    "notes",
    "slas",
    "service_instances",
    "calendars",
    "holidays",
    "deliveries",
    "trusts",
    "handovers",
    "reports",
    "dashboards",
    "reports/1/records",
    "parked_events",
    "quarantined_messages",
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(LISTS),
    query=st.lists(
        st.tuples(st.one_of(st.sampled_from(PARAMETERS), st.text(max_size=10)), written), max_size=4
    ),
)
def test_no_query_breaks_a_list(everybody: Client, path: str, query: list[tuple[str, str]]) -> None:
    response = everybody.send("GET", path, query_string=query)
    assert response.status_code in (200, 422), f"{path} {query}: {response.text}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=values, sort=values, offset=values)
def test_no_forged_cursor_breaks_a_list(everybody: Client, cursor: Any, sort: Any, offset: Any) -> None:
    for body in (
        {"cursor": cursor, "sort": sort, "offset": offset},
        {"cursor": cursor, "sort": "-id", "offset": 0},
    ):
        forged = base64.urlsafe_b64encode(json.dumps(body).encode()).decode()
        response = everybody.send("GET", "requests", query_string={"search_after": forged})
        assert response.status_code in (200, 422), f"{body}: {response.text}"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=60))
def test_no_bytes_break_the_api(everybody: Client, body: bytes) -> None:
    response = everybody.send("POST", "teams", data=body, content_type="application/json")
    assert response.status_code in (201, 400, 422)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60), name=st.text(max_size=20), type=st.text(max_size=20), field=written)
def test_no_upload_breaks_the_api(
    everybody: Client, content: bytes, name: str, type: str, field: str
) -> None:
    form = {"key": field, "Content-Type": type, "file": (BytesIO(content), name)}
    response = everybody.send("POST", "attachments", data=form, content_type="multipart/form-data")
    assert response.status_code in (200, 422), response.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), boundary=st.text('ab-;=" ', max_size=5))
def test_no_form_breaks_the_api(everybody: Client, body: bytes, boundary: str) -> None:
    type = f"multipart/form-data; boundary={boundary}"
    sent = f"--{boundary}\r\n".encode() + body + f"\r\n--{boundary}--\r\n".encode()
    response = everybody.send("POST", "attachments", data=sent, content_type=type)
    assert response.status_code in (413, 422), response.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=st.one_of(written, st.from_regex(r"bytes=-?[0-9]{0,6}-?[0-9]{0,6}", fullmatch=True)))
def test_no_range_breaks_a_file(everybody: Client, picture: str, asked: str) -> None:
    headers = {"Range": "".join(each for each in asked if each.isascii() and each.isprintable())}
    response = everybody.send("GET", picture.removeprefix("/v1/"), headers=headers)
    assert response.status_code in (200, 206, 416), f"{asked}: {response.text}"
