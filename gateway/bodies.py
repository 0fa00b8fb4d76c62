"""What a request carries: the body, and the id in its path."""

from __future__ import annotations

from typing import Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.errors import BadJson, UnsupportedMediaType
from services.common import strict_json
from services.common.errors import NotFound
from services.common.ids import parse_node_id

MAX_BODY_BYTES = 1024 * 1024
MAX_ID = 2**53 - 1


def fields_of(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body. Raises UnsupportedMediaType, RequestEntityTooLarge or BadJson."""
    media_type = request.mimetype
    if media_type != "application/json" and not (
        media_type.startswith("application/") and media_type.endswith("+json")
    ):
        raise UnsupportedMediaType
    try:
        body = strict_json.loads(request.get_data(cache=False), MAX_BODY_BYTES)
    except strict_json.NotStrict as error:
        if error.code == "too_large":
            raise RequestEntityTooLarge from error
        raise BadJson(error.code, None) from error
    if not isinstance(body, dict):
        raise BadJson("not_an_object", "The JSON in the body must be an object.")
    return body


def record_id(text: str, domain: str, type: str) -> int:
    """The id that a path names: a number, or a nodeID of this account and type. Raises NotFound."""
    try:
        node = parse_node_id(text)
    except ValueError:
        return number(text)
    if (node.domain, node.type) != (domain, type) or node.id > MAX_ID:
        raise NotFound
    return node.id


def number(text: str) -> int:
    """The number that a path names. Raises NotFound for what is none."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and int(text) <= MAX_ID):
        raise NotFound
    return int(text)
