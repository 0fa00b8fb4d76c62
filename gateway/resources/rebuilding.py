"""What reports count from is made anew: asked for, and how far it is."""

from __future__ import annotations

from typing import Final

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.answers import of_json
from gateway.audiences import allowed
from gateway.context import GatewayContext
from gateway.resource import add_views, call
from services.common.roles import ADMINISTRATORS
from services.reporting import queries, schemas

SERVICE: Final = "reporting"
SCOPE: Final = "reports"


class RebuildViews:
    def __init__(self, context: GatewayContext) -> None:
        self.context = context
        self.database = context.databases[SERVICE]

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("rebuilding", __name__, url_prefix="/v1")
        told = {"200": documents.answer("How far it is", schemas.RebuildSchema())}
        start = documents.describe(
            self.start, "Make anew what reports count from; one that goes on goes on", answers=told
        )
        shown = documents.describe(self.get, "How far the rebuild is, or the last one", answers=told)
        views = {"post": start, "get": shown}
        mine = {method: allowed(*ADMINISTRATORS, scope=SCOPE)(view) for method, view in views.items()}
        add_views(blueprint, "/reporting/rebuild", "rebuild", mine)
        return blueprint

    def start(self) -> Response:
        return of_json(call(self.context, SERVICE, "start_rebuild"))

    def get(self) -> Response:
        return of_json(queries.get_rebuild(self.database))
