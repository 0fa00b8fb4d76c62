"""The published JSON Schemas say what the code checks: they accept the golden messages, and refuse the same
broken ones.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.common.errors import Invalid, NotFound
from services.federation import messages
from services.federation.schemas import wire
from services.federation.sealing.seals import INVITATION, parse
from tests.unit.federation.test_invitations import written
from tests.wire import golden

TYPES = sorted(messages.TYPES)
# In place of any value: what is of another type, empty, too big, or not in any list of values.
BROKEN: list[Any] = [None, "", "no such word", "x" * 70_000, 0, -1, 2**53, True, 1.5, [], ["x"], {}, {"x": 1}]


def valid(type: str, message: Any) -> bool:
    return bool(Draft202012Validator(wire.schema(type)).is_valid(message))


def accepted(type: str, body: Any) -> bool:
    try:
        messages.check_incoming(type, body)
    except Invalid:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(value: Any, path: tuple[Any, ...], *put: Any) -> Any:
    """The value with `put` at the path, or without what is there."""
    made = copy.deepcopy(value)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    if put:
        inner[path[-1]] = put[0]
    else:
        del inner[path[-1]]
    return made


@pytest.mark.parametrize("name", wire.NAMES)
def test_every_schema_is_one_and_stands_for_itself(name: str) -> None:
    schema = wire.schema(name)
    Draft202012Validator.check_schema(schema)
    assert json.dumps(schema).count("$ref") >= 1
    assert "#/components" not in json.dumps(schema)


def test_there_is_a_schema_for_each_type_and_for_nothing_else() -> None:
    assert set(wire.NAMES) == {*TYPES, "invitation"}
    with pytest.raises(NotFound):
        wire.schema("request.taken.v9")


@pytest.mark.parametrize("type", TYPES)
def test_a_golden_message_is_accepted_also_with_what_a_later_version_adds(type: str) -> None:
    message = golden.read(type)["message"]
    assert valid(type, message)
    assert valid(type, {**message, "later": 1, "body": {**message["body"], "later": 1}})
    other = "request.taken.v1" if type != "request.taken.v1" else "receipt.v1"
    assert not valid(other, message)


@pytest.mark.parametrize("type", TYPES)
def test_schema_and_code_refuse_the_same_bodies(type: str) -> None:
    message = golden.read(type)["message"]
    compared = 0
    for path in places(message["body"]):
        for put in [(), *((value,) for value in BROKEN)]:
            body = changed(message["body"], path, *put)
            assert valid(type, {**message, "body": body}) == accepted(type, body), (path, put)
            compared += 1
    assert compared


@pytest.mark.parametrize("name", sorted(golden.read("request.taken.v1")["message"]))
def test_a_broken_envelope_is_refused(name: str) -> None:
    message = golden.read("request.taken.v1")["message"]
    assert not valid("request.taken.v1", {key: value for key, value in message.items() if key != name})
    assert not valid("request.taken.v1", {**message, name: 7.5})


def test_a_receipt_has_no_place_in_the_order() -> None:
    receipt = golden.read("receipt.v1")["message"]
    assert not valid("receipt.v1", {**receipt, "sequence": 1})
    assert not valid("receipt.v1", {**receipt, "prev": "5f" * 32})
    assert not valid("request.taken.v1", {**golden.read("request.taken.v1")["message"], "sequence": 0})


def test_an_invitation_is_what_its_schema_says() -> None:
    payload = json.loads(parse(written().encode(), INVITATION)[1])
    assert valid("invitation", payload)
    for name in payload.keys() - {"capabilities"}:
        assert not valid("invitation", {key: value for key, value in payload.items() if key != name})
