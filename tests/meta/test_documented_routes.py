"""What the documents say to ask of the API can be asked: the routes that they name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.meta.test_documented_commands import lines
from tests.meta.test_links import DOCUMENTS, ROOT

CALL = re.compile(r"^(GET|POST|PATCH|PUT|DELETE) (/[^ ?]*)")
# What each service answers beside the API.
BESIDE = {"/healthz", "/readyz", "/metrics"}


def is_there(app: Flask, method: str, path: str) -> bool:
    """`:id` stands for any; the version may be left out."""
    asked = re.sub(r":\w+", "1", path if path.startswith("/v1") else f"/v1{path}")
    try:
        app.url_map.bind("").match(asked, method)
    except HTTPException:
        return False
    return True


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_routes_that_there_are(app: Flask, document: Path) -> None:
    named = [found.groups() for line, _ in lines(document) if (found := CALL.match(line))]
    assert [call for call in named if call[1] not in BESIDE and not is_there(app, *call)] == []


@pytest.mark.parametrize("call", [("GET", "/v1/deliverys"), ("PATCH", "/v1/affected_slas")])
def test_a_route_that_there_is_not_is_found(app: Flask, call: tuple[str, str]) -> None:
    assert not is_there(app, *call)
