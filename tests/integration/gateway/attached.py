"""Files over the API, as tests send, name and fetch them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from werkzeug.test import TestResponse

from tests.integration.gateway.account import Client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(9) + b"\x00\x00\x00\x00IEND\xaeB\x60\x82"
LOG = b"0123456789abcdef" * 20_000

Made = dict[str, Any]


def sent(
    client: Client,
    content: bytes = LOG,
    name: str = "a.log",
    type: str = "application/octet-stream",
    fields: dict[str, str] | None = None,
) -> TestResponse:
    form = {**(fields or {}), "file": (BytesIO(content), name, type)}
    return client.send("POST", "attachments", data=form, content_type="multipart/form-data")


def uploaded(
    client: Client, content: bytes = LOG, name: str = "a.log", fields: dict[str, str] | None = None
) -> str:
    answer = sent(client, content, name, fields=fields)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return str(answer.json["key"])


def fetched(client: Client, uri: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send("GET", uri.removeprefix("/v1/"), headers=named)


def noted(client: Client, request: Made, **fields: Any) -> Made:
    note: Made = client.post(f"requests/{request['id']}/notes", {"text": "See this", **fields})
    return note
