"""The AsyncAPI document: whole, and true to the types it is made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from services.federation import messages
from services.federation.schemas import asyncapi
from services.federation.threads import KINDS
from tests.wire import golden

DOCUMENT = asyncapi.document()
THREAD = "{}/widget/019b0000-0000-7000-8000-0000000000aa"


def referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        for inner in value.values():
            yield from referred(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from referred(inner)


def found(reference: str) -> Any:
    here: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        here = here[part]
    return here


def test_it_is_json_of_asyncapi_3_whose_references_lead_somewhere() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    references = set(referred(DOCUMENT))
    assert len(references) > 50
    for reference in references:
        assert found(reference)


@pytest.mark.parametrize("type", sorted(messages.TYPES))
def test_every_type_has_its_message_and_the_channels_of_its_routing_keys(type: str) -> None:
    message_type = messages.TYPES[type]
    kinds = [message_type.kind] if message_type.kind else KINDS
    keys = {message_type.routing_key(THREAD.format(kind)) for kind in kinds}
    reference = {"$ref": f"#/components/messages/{type}"}
    carrying = {key for key, each in DOCUMENT["channels"].items() if reference in each["messages"].values()}
    assert carrying == keys
    assert all(DOCUMENT["channels"][key]["address"] == key for key in keys)
    assert found(DOCUMENT["components"]["messages"][type]["payload"]["$ref"])


def test_every_channel_is_sent_and_received_on() -> None:
    said = {(each["action"], each["channel"]["$ref"]) for each in DOCUMENT["operations"].values()}
    assert said == {(way, f"#/channels/{key}") for way in ("send", "receive") for key in DOCUMENT["channels"]}


def test_a_payload_is_checked_by_the_schemas_of_the_document() -> None:
    """AsyncAPI's own dialect is draft 7; what ours say beyond it may be overlooked, never misread."""
    for type in messages.TYPES:
        schema = {
            "$ref": f"#/components/schemas/{type}",
            "components": {"schemas": DOCUMENT["components"]["schemas"]},
        }
        message = golden.read(type)["message"]
        for dialect in (Draft7Validator, Draft202012Validator):
            dialect.check_schema(schema)
            assert dialect(schema).is_valid(message), (type, dialect)
            assert not dialect(schema).is_valid({**message, "body": {}}), (type, dialect)
