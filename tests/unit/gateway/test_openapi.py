"""The document that the API gives of itself."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest
from flask import Flask
from openapi_spec_validator import validate

from gateway.audiences import routes


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # apispec warns of two schemas of one name
        return json.loads(app.test_client().get("/v1/openapi.json").data)


def test_it_is_a_valid_openapi_document(document: dict[str, Any]) -> None:
    validate(document)
    assert document["openapi"].startswith("3.")


def test_it_names_every_route_of_the_api(app: Flask, document: dict[str, Any]) -> None:
    described = {
        (path, method.upper())
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    served = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule, method in routes(app)
        if method != "HEAD" and rule.rule.startswith("/v1")
    }
    assert described == served


def test_every_operation_says_what_it_is_and_what_it_answers(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            assert operation["summary"], f"{method} {path}"
            assert "default" not in operation["responses"], f"{method} {path}"
            open_to_all = operation.get("security") == []
            assert ("429" in operation["responses"]) != open_to_all, f"{method} {path}"
            assert any(code.startswith("2") for code in operation["responses"]), f"{method} {path}"


def test_a_token_is_needed_everywhere_but_where_it_is_not(document: dict[str, Any]) -> None:
    assert document["security"] == [{"token": []}]
    without = [path for path, item in document["paths"].items() if item.get("get", {}).get("security") == []]
    assert sorted(without) == [
        "/v1",
        "/v1/asyncapi.json",
        "/v1/openapi.json",
        "/v1/schemas",
        "/v1/schemas/{name}.json",
    ]


def test_a_record_is_described_as_it_is_shown(document: dict[str, Any]) -> None:
    request = document["components"]["schemas"]["Request"]["properties"]
    assert {"$ref": "#/components/schemas/Reference"} in request["team"]["anyOf"]
    assert "team_id" not in request
    assert request["nodeID"]["type"] == "string"
    assert request["created_at"]["format"] == "date-time"
    provider = document["components"]["schemas"]["Provider"]["properties"]
    assert "service_instance" in provider
    assert "service_instance_id" not in provider


def test_a_body_is_described_as_it_is_taken(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/teams"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/TeamInput"}
    taken = document["components"]["schemas"]["TeamInput"]
    assert taken["required"] == ["name"]
    assert taken["additionalProperties"] is False
    assert "required" not in document["components"]["schemas"]["TeamInputEdit"]


def test_a_list_describes_its_filters(document: dict[str, Any]) -> None:
    names = {parameter["name"] for parameter in document["paths"]["/v1/requests"]["get"]["parameters"]}
    assert {"fields", "sort", "per_page", "search", "search_after", "status", "team", "completed_at"} <= names
