"""The gateway as a nameko service: one catch-all entrypoint hands every request to the WSGI application.

Nothing else of the gateway knows nameko. A request occupies one of the service's workers until its response
begins; what the response streams after that needs none.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import structlog
from flask import Flask
from nameko.extensions import DependencyProvider
from nameko.web.handlers import HttpRequestHandler
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from gateway.app import create_app
from gateway.errors import answer
from services.common.database import open_database
from services.common.errors import Internal
from services.common.http import Server, ServiceWeb
from services.common.service_context import ServiceContext
from services.common.service_parts import ServiceParts

READS = ("organizations", "slas", "requests")

log = structlog.get_logger(__name__)


class Application(DependencyProvider):
    """The account's API, reading with the gateway's own database user."""

    parts = ServiceParts()

    @cached_property
    def application(self) -> Flask:
        parts = self.parts
        databases = {name: open_database(parts.client, parts.config, name) for name in READS}
        return create_app(parts.config, databases, parts.rpc, parts.clock)

    def start(self) -> None:
        """Builds the application before the first request asks for it."""
        log.debug("the API is built", routes=len(list(self.application.url_map.iter_rules())))

    def get_dependency(self, worker: Any) -> Flask:
        return self.application


class Mounted(HttpRequestHandler):
    """An entrypoint for every method under a URL pattern."""

    server = Server()

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__("", url, **options)

    def get_url_rule(self) -> Rule:
        return Rule(self.url, merge_slashes=False)

    def get_entrypoint_parameters(self, request: Request) -> tuple[tuple[Request], dict[str, Any]]:
        return (request,), {}

    def response_from_exception(self, error: Exception) -> Response:
        log.error("a request failed before it reached the API", exc_info=error)
        return answer(Internal())


mounted = Mounted.decorator


class GatewayService:
    name = "gateway"
    context = ServiceContext()
    web = ServiceWeb()
    application = Application()

    @mounted("/")
    @mounted("/<path:rest>")
    def serve(self, request: Request) -> Response:
        return Response.from_app(self.application, request.environ)
