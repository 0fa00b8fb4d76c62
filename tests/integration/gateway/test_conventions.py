"""What records, their changes and all answers have in common (docs/api.md), over real services."""

from __future__ import annotations

import json

import pytest

from services.common.ids import node_id
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.made import KINDS, NODE_TYPES, Made, name_of, named


@pytest.mark.parametrize("path", NODE_TYPES)
def test_a_record_is_found_by_its_node_id(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    made = records[path][0]
    assert made["nodeID"] == node_id("widget.example", NODE_TYPES[path], made["id"])
    assert administrator.get(f"{path}/{made['nodeID']}")["id"] == made["id"]


@pytest.mark.parametrize("path", NODE_TYPES)
def test_a_change_answers_the_whole_record_as_it_is_now(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    made = records[path][1]
    name = name_of(path)
    changed = administrator.patch(f"{path}/{made['id']}", {name: "Changed"})
    assert changed[name] == "Changed"
    assert set(changed) == set(made)
    assert administrator.get(f"{path}/{made['id']}") == changed


@pytest.mark.parametrize("path", KINDS)
def test_a_new_record_answers_its_place(administrator: Client, bodies: dict[str, Made], path: str) -> None:
    body = named(path, bodies[path], "New")
    response = administrator.send("POST", path, body)
    assert response.status_code == 201, response.text
    made = json.loads(response.data)
    assert response.headers["Location"] == f"https://widget.example/v1/{path}/{made['id']}"
    assert administrator.get(f"{path}/{made['id']}") == made


@pytest.mark.parametrize("path", NODE_TYPES)
def test_if_match_is_honoured_and_never_required(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    url = f"{path}/{records[path][2]['id']}"
    name = name_of(path)
    tag = administrator.send("GET", url).headers["ETag"]
    assert administrator.send("PATCH", url, {name: "First"}, headers={"If-Match": tag}).status_code == 200
    late = administrator.send("PATCH", url, {name: "Second"}, headers={"If-Match": tag})
    assert late.status_code == 412
    assert administrator.get(url)[name] == "First"
    assert administrator.send("PATCH", url, {name: "Third"}).status_code == 200
    now = administrator.send("GET", url).headers["ETag"]
    several = f'"other", {now}'
    assert (
        administrator.send("PATCH", url, {name: "Fourth"}, headers={"If-Match": several}).status_code == 200
    )
    assert administrator.send("PATCH", url, {name: "Fifth"}, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.parametrize("path", KINDS)
def test_a_second_post_of_one_source_answers_the_first_record(
    administrator: Client, bodies: dict[str, Made], path: str
) -> None:
    body = {**named(path, bodies[path], "Once"), "source": "erp", "sourceID": f"{path}, 1!"}
    first = administrator.post(path, body, status=201)
    assert administrator.post(path, body, status=200) == first


def test_the_source_header_stamps_what_is_made(account: Account) -> None:
    made = account.client(X_4me_Source="monitoring").post("organizations", {"name": "Stamped"})
    assert made["source"] == "monitoring"


@pytest.mark.parametrize("path", [*NODE_TYPES, "me", "account"])
def test_one_record_shows_all_its_fields_or_those_chosen(
    administrator: Client, records: dict[str, list[Made]], path: str
) -> None:
    url = f"{path}/{records[path][0]['id']}" if path in records else path
    whole = administrator.get(url)
    assert administrator.get(url, fields="*") == whole
    chosen = administrator.get(url, fields="created_at")
    assert {"id", "created_at"} <= chosen.keys() <= {"id", "nodeID", "created_at"}
    for name, value in (("fields", "nonsense"), ("sort", "id"), ("id", "5")):
        refused = administrator.send("GET", url, query_string={name: value})
        assert refused.status_code == 422
        assert json.loads(refused.data)["errors"][0][0] == name


def test_references_are_taken_with_and_without_id(
    administrator: Client, records: dict[str, list[Made]]
) -> None:
    manager = records["people"][0]["id"]
    for body in ({"manager_id": manager}, {"manager": manager}, {"manager": {"id": manager}}):
        made = administrator.post("organizations", {"name": "Managed", **body})
        assert made["manager"]["id"] == manager
        assert made["manager"]["name"] == "Person 0"


def test_unknown_fields_of_a_body_are_refused_by_name(administrator: Client) -> None:
    body = administrator.post("teams", {"name": "X", "nonsense": 1, "$set": 2}, status=422)
    assert {field for field, _ in body["errors"]} == {"nonsense", "$set"}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"{", "application/json", 400, "Invalid JSON string posted"),
        (b'{"name": 1, "name": 2}', "application/json", 400, "Invalid JSON string posted"),
        (b"[]", "application/json", 400, "The JSON in the body must be an object."),
        (
            b"name=x",
            "application/x-www-form-urlencoded",
            415,
            "Send JSON with Content-Type: application/json.",
        ),
        (b" " * 1_100_000, "application/json", 413, "The request body is too large."),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    administrator: Client, body: bytes, content_type: str, status: int, message: str
) -> None:
    response = administrator.send("POST", "teams", data=body, content_type=content_type)
    assert (response.status_code, json.loads(response.data)) == (status, {"message": message})


def test_a_method_that_a_path_does_not_have_is_told_which_it_has(administrator: Client) -> None:
    response = administrator.send("DELETE", "teams")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert json.loads(response.data) == {"message": "Method Not Allowed"}


def test_an_unknown_path_is_not_found(administrator: Client) -> None:
    assert administrator.send("GET", "nonsense").status_code == 404


def test_every_answer_carries_its_headers(administrator: Client) -> None:
    for path in ("people", "people/1", "people/999999"):
        headers = administrator.send("GET", path, headers={"X-Request-Id": "mine"}).headers
        assert headers["X-Request-Id"] == "mine"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert float(headers["X-Runtime"]) >= 0
        assert int(headers["X-RateLimit-Remaining"]) < int(headers["X-RateLimit-Limit"])
        assert int(headers["X-RateLimit-Reset"]) > 0
        assert ("ETag" in headers) == (path != "people/999999")


def test_a_request_id_that_is_no_id_is_replaced(administrator: Client) -> None:
    headers = administrator.send("GET", "people", headers={"X-Request-Id": "a b;c"}).headers
    assert headers["X-Request-Id"] not in ("", "a b;c")


def test_head_is_get_without_the_body(administrator: Client) -> None:
    response = administrator.send("HEAD", "people")
    assert response.status_code == 200
    assert response.data == b""
    assert "X-Pagination-Total-Entries" in response.headers


@pytest.mark.parametrize("header", ["X-4me-Account", "X-Xurrent-Account", "x-4ME-account"])
def test_both_account_headers_name_this_account_or_are_refused(administrator: Client, header: str) -> None:
    assert administrator.send("GET", "people", headers={header: "widget"}).status_code == 200
    assert administrator.send("GET", "people", headers={header: "gigatera"}).status_code == 403


def test_a_service_that_does_not_answer_is_unavailable(account: Account, administrator: Client) -> None:
    account.caller.silent.add("organizations")
    try:
        response = administrator.send("POST", "teams", {"name": "X"})
    finally:
        account.caller.silent.clear()
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.headers["X-Interdesk-Error"] == "service_silent"
