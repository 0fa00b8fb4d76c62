"""The partner protocol, for whoever writes another implementation: its AsyncAPI document and JSON Schemas.

They are of the protocol, not of the account, so they need no token.
"""

from __future__ import annotations

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import Answers, of_json
from gateway.audiences import anyone
from gateway.resource import add_views
from services.federation.schemas import asyncapi, wire


def blueprint(answers: Answers) -> Blueprint:
    blueprint = Blueprint(
        "protocol", __name__, url_prefix="/v1", description="What accounts say to each other"
    )

    def get_document() -> Response:
        return of_json(asyncapi.document())

    def get_schemas() -> Response:
        return of_json([{"id": name, "url": answers.url(f"/v1/schemas/{name}.json")} for name in wire.NAMES])

    def get_schema(name: str) -> Response:
        return of_json(wire.schema(name))

    for path, view, summary in (
        ("/asyncapi.json", get_document, "The AsyncAPI document of the partner protocol"),
        ("/schemas", get_schemas, "The JSON Schemas of what crosses a border"),
        ("/schemas/<name>.json", get_schema, "One JSON Schema: of a message type, or of an invitation"),
    ):
        answered = {"200": {"description": "JSON", "content": {"application/json": {}}}}
        described = documents.describe(view, summary, answers=answered, open_to_all=True)
        add_views(blueprint, path, view.__name__, {"get": anyone(described)})
    return blueprint
