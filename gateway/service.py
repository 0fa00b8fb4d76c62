"""The gateway as a nameko service: one catch-all entrypoint hands every request to the WSGI application.

Nothing else of the gateway knows nameko. A request occupies one of the service's workers only when its body
is there, and until its response begins; who is slow to send or sends a file, and what the response streams,
needs none.
"""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import Any

import structlog
from flask import Flask
from nameko.extensions import DependencyProvider
from nameko.web.handlers import HttpRequestHandler
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import get_content_length, get_input_stream

from gateway.app import create_app
from gateway.bodies import MAX_BODY_BYTES
from gateway.errors import answer
from gateway.resources import attachments, transfers
from services.common.database import open_database
from services.common.errors import Internal
from services.common.http import Server, ServiceWeb
from services.common.service_context import ServiceContext
from services.common.service_parts import ServiceParts

UPLOADS = {("POST", attachments.PATH), ("POST", transfers.UPLOAD)}
READS = ("organizations", "slas", "requests", "notifications", "reporting")

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

    def handle_request(self, request: Request) -> Response:
        """Called by the server, in the connection's own green thread."""
        if (request.environ["REQUEST_METHOD"], request.environ["PATH_INFO"]) in UPLOADS:
            # As large as it may be, it is read as it comes: neither a worker nor memory waits for the rest.
            return Response.from_app(self._application, request.environ)
        try:
            _take_body(request.environ)
        except HTTPException as error:
            return error.get_response(request.environ)  # type: ignore[return-value]  # nobody listens any more
        return super().handle_request(request)  # type: ignore[no-any-return]  # nameko has no types

    @property
    def _application(self) -> Flask:
        found = next(each for each in self.container.dependencies if isinstance(each, Application))
        return found.application

    def response_from_exception(self, error: Exception) -> Response:
        log.error("a request failed before it reached the API", exc_info=error)
        return answer(Internal())


mounted = Mounted.decorator


def _take_body(environ: dict[str, Any]) -> None:
    """Puts the whole body where the stream was. One that is too large stays: the application refuses it
    unread. Raises ClientDisconnected.
    """
    length = get_content_length(environ)
    if length == 0 or (length or 0) > MAX_BODY_BYTES:
        return
    body = get_input_stream(environ, max_content_length=MAX_BODY_BYTES + 1).read()
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    for name in ("HTTP_TRANSFER_ENCODING", "wsgi.input_terminated"):
        environ.pop(name, None)


class GatewayService:
    name = "gateway"
    context = ServiceContext()
    web = ServiceWeb()
    application = Application()

    @mounted("/")
    @mounted("/<path:rest>")
    def serve(self, request: Request) -> Response:
        return Response.from_app(self.application, request.environ)
