"""What needs no token: that there is an API, and what it offers."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import of_json
from gateway.audiences import anyone
from gateway.documents import DocumentedApi
from gateway.resource import add_views


def blueprint(api: DocumentedApi) -> Blueprint:
    blueprint = Blueprint("root", __name__, url_prefix="/v1")

    def get_root() -> Response:
        return of_json({})

    def get_document() -> Response:
        document: dict[str, Any] = api.document()
        return of_json(document)

    views = (
        ("", "root", get_root, "That there is an API"),
        ("/openapi.json", "openapi", get_document, "This"),
    )
    for path, name, view, summary in views:
        answers = {"200": {"description": "JSON", "content": {"application/json": {}}}}
        add_views(
            blueprint,
            path,
            name,
            {"get": anyone(documents.describe(view, summary, answers=answers, open_to_all=True))},
        )
    return blueprint
