"""How values travel inside an account's broker: JSON that keeps times and bytes what they are.

A time is `{"$date": ISO}`, bytes are `{"$bytes": base64}`; a key of a caller's own that begins with `$`
travels with one `$` more. So whatever a client put into a record comes out as it went in and can never be
taken for a tag (kombu's own JSON would turn a client's `{"__type__": …}` into objects, or fail to read the
message at all). Tuples and sets come out as lists.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

import kombu.serialization

from services.common.clock import from_iso, iso

NAME = "interdesk"
CONTENT_TYPE = "application/vnd.interdesk+json"


def encode(value: Any) -> bytes:
    """`TypeError` or `ValueError` for what JSON cannot say."""
    tags = 0

    def tag(item: Any) -> Any:
        nonlocal tags
        tags += not isinstance(item, set | frozenset)
        return _tagged(item)

    text = _dumps(value, tag)
    if (
        text.count('"$') != tags
    ):  # a key or text of the caller's own begins with $: rare, so look closely then
        text = _dumps(_escaped(value), _tagged)
    return text.encode()


def decode(data: bytes | str) -> Any:
    return json.loads(data, object_hook=_object)


def _dumps(value: Any, default: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=default)


def _tagged(item: Any) -> Any:
    if isinstance(item, datetime):
        return {"$date": iso(item)}
    if isinstance(item, bytes):
        return {"$bytes": base64.b64encode(item).decode()}
    if isinstance(item, set | frozenset):
        return sorted(item)
    raise TypeError(f"{type(item).__name__} does not travel")


def _escaped(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"${key}" if key.startswith("$") else key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value


def _object(made: dict[str, Any]) -> Any:
    if len(made) == 1:
        if "$date" in made:
            return from_iso(made["$date"])
        if "$bytes" in made:
            return base64.b64decode(made["$bytes"])
    return {key[1:] if key.startswith("$") else key: item for key, item in made.items()}


kombu.serialization.register(NAME, encode, decode, content_type=CONTENT_TYPE, content_encoding="utf-8")
