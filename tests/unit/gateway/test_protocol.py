"""What the API tells of the partner protocol."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from werkzeug.test import Client

from services.federation.messages import TYPES
from services.federation.schemas import asyncapi, wire


@pytest.fixture(scope="module")
def client(app: Flask) -> Client:
    return app.test_client()


def test_the_asyncapi_document_is_served_to_anybody(client: Client) -> None:
    answer = client.get("/v1/asyncapi.json")
    assert answer.status_code == 200
    assert json.loads(answer.data) == asyncapi.document()


def test_every_type_has_a_schema_under_its_own_name(client: Client) -> None:
    listed = json.loads(client.get("/v1/schemas").data)
    assert {each["id"] for each in listed} == {*TYPES, "invitation"}
    for each in listed:
        assert each["url"] == f"https://desk.widget.example/v1/schemas/{each['id']}.json"
        answer = client.get(each["url"].removeprefix("https://desk.widget.example"))
        assert json.loads(answer.data) == wire.schema(each["id"])


def test_a_schema_that_is_not_there_is_not_found(client: Client) -> None:
    answer = client.get("/v1/schemas/request.taken.v9.json")
    assert answer.status_code == 404
    assert set(json.loads(answer.data)) == {"message"}
