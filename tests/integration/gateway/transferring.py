"""Imports and exports over the API, worked on when it is said."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.test import TestResponse

from tests.integration.gateway.account import Account, Client


def csv_of(*rows: Mapping[str, str]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def send(client: Client, type: str, file: bytes, **said: str) -> TestResponse:
    form = {"type": type, "file": (io.BytesIO(file), f"{type}.csv"), **said}
    return client.send("POST", "import", data=form, content_type="multipart/form-data")


def work(account: Account) -> None:
    """All that is due, now."""
    account.caller.services["organizations"].work_on_transfers()


def imported(
    account: Account, client: Client, type: str, file: bytes, **said: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The import when it is done, and its lines."""
    response = send(client, type, file, **said)
    assert response.status_code == 200, response.text
    work(account)
    return seen(client, json.loads(response.data)["token"])


def seen(client: Client, token: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    lines = client.get(f"import/{token}/lines", per_page=100)
    return client.get(f"import/{token}"), lines


def outcomes(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    return [line["outcome"] for line in lines]


def exported(account: Account, client: Client, types: str, **said: str) -> bytes:
    """The file of an export."""
    token = client.post("export", {"type": types, **said}, status=200)["token"]
    work(account)
    found = client.get(f"export/{token}")
    assert found["state"] == "done", found
    response = client.send("GET", found["url"].split("/v1/", 1)[1])
    assert response.status_code == 200, response.text
    return response.data


def rows_of(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))
