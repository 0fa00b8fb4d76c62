"""What a request may carry."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from gateway.bodies import fields_of, record_id
from gateway.errors import BadJson, UnsupportedMediaType
from services.common.errors import NotFound
from services.common.ids import node_id


def sent(body: bytes, content_type: str | None = "application/json") -> Request:
    return Request(EnvironBuilder(method="POST", data=body, content_type=content_type).get_environ())


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/merge-patch+json"]
)
def test_a_json_object_is_taken(content_type: str) -> None:
    assert fields_of(sent('{"name": "Café"}'.encode(), content_type)) == {"name": "Café"}


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"]
)
def test_another_media_type_is_refused(content_type: str | None) -> None:
    with pytest.raises(UnsupportedMediaType):
        fields_of(sent(b"{}", content_type))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\xff"}',
        b'{"a": 1e999}',
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a": "\\ud800"}',
    ],
)
def test_json_that_readers_could_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(BadJson):
        fields_of(sent(body))


def test_an_id_is_a_number_or_a_node_id_of_this_account_and_type() -> None:
    assert record_id("17", "widget.example", "Team") == 17
    assert record_id(node_id("widget.example", "Team", 17), "widget.example", "Team") == 17


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "-1",
        "1.0",
        "²",
        "9" * 17,
        "1" * 400,
        node_id("gigatera.example", "Team", 17),
        node_id("widget.example", "Person", 17),
        node_id("widget.example", "Team", 10**18),
    ],
)
def test_any_other_id_names_nothing(text: str) -> None:
    with pytest.raises(NotFound):
        record_id(text, "widget.example", "Team")
