"""What the API tells of the partner protocol."""

from __future__ import annotations

import json
from typing import Any

import pymongo
import pytest
from werkzeug.test import Client

from gateway.app import create_app
from services.common.config import Config
from services.common.context import NoCaller
from services.federation.messages import TYPES
from services.federation.schemas import asyncapi, wire


@pytest.fixture(scope="module")
def client() -> Client:
    config = Config(
        account="widget",
        domain="widget.example",
        amqp_uri="amqp://none",
        mongo_uri="mongodb://127.0.0.1:1",
        public_url="https://desk.widget.example",
    )
    mongo: pymongo.MongoClient[Any] = pymongo.MongoClient(config.mongo_uri, connect=False)
    databases = {name: mongo[name] for name in ("organizations", "slas", "requests")}
    return create_app(config, databases, NoCaller()).test_client()


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
