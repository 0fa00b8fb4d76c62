"""Whatever a caller sends, the API answers what it means or refuses it; it never breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marshmallow import Schema

from gateway.audiences import routes
from services.common.actor import ROLES
from tests.integration.gateway.account import Account, Client
from tests.integration.gateway.conftest import account

__all__ = ["account"]

BAD_TEXTS = (
    "",
    " ",
    "$ne",
    "a.b",
    "\x00",
    "x" * 5000,
    "null",
    "-1",
    "1e9",
    "🙂",
    "/../",
    "<b>",
    "2025-02-30",
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(BAD_TEXTS),
    st.text(max_size=20),
    st.integers(0, 5),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "name", "$ne", "a.b", "", "__proto__"]), inner, max_size=3),
    ),
    max_leaves=6,
)


def operations(app: Flask) -> Iterator[tuple[str, str, list[str]]]:
    """(method, path, fields that its body takes) of every route that writes."""
    for rule, method in routes(app):
        if method not in ("POST", "PATCH"):
            continue
        view: Any = getattr(app.view_functions[rule.endpoint], "view_class", None)
        described = getattr(view, method.lower())._apidoc["manual_doc"]
        schema = described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        names = list(schema.fields) if isinstance(schema, Schema) else []
        yield method, rule.rule.removeprefix("/v1/"), [*names, *(name.removesuffix("_id") for name in names)]


@pytest.fixture(scope="module")
def everybody(account: Account) -> Client:
    client = account.person("Every Body", *sorted(ROLES))[1]
    client.post("requests", {"subject": "One", "category": "incident"})
    client.post("services", {"name": "One"})
    return client


@pytest.fixture(scope="module")
def victim(account: Account) -> str:
    """The id of a person who may lose his roles or be disabled: the one who asks must not."""
    return str(account.person("Victim", "specialist")[0]["id"])


@pytest.fixture(scope="module")
def writes(account: Account) -> list[tuple[str, str, list[str]]]:
    return list(operations(account.application))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_body_breaks_the_api(
    writes: list[tuple[str, str, list[str]]], everybody: Client, victim: str, data: st.DataObject
) -> None:
    method, path, names = writes[data.draw(st.integers(0, len(writes) - 1))]
    keys = st.one_of(
        st.sampled_from(names), st.sampled_from(["nonsense", "$set", "_id", "version", "outbox"])
    )
    body = data.draw(st.dictionaries(keys if names else st.just("x"), values, max_size=6))
    existing = victim if path.startswith("people") else "1"
    for argument in ("<id>", "<other>"):
        path = path.replace(argument, data.draw(st.sampled_from([existing, "999"])))
    response = everybody.send(method, path, body)
    assert response.status_code < 500, f"{method} {path} {body}: {response.text}"
    if response.status_code >= 400:
        assert set(json.loads(response.data)) <= {"message", "errors"}


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
    "deliveries",
    "trusts",
    "handovers",
    "parked_events",
    "quarantined_messages",
)
written = st.one_of(
    st.text(max_size=30),
    st.sampled_from(BAD_TEXTS),
    st.sampled_from(
        ["!", "!a,b", ">1<2", ">=", "\\", "a\\", ",", "eyJvZmZzZXQiOjB9", "[]", "1,2", "-id,name"]
    ),
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
    import base64

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
