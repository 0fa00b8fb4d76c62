"""HTTP of a service: `/healthz`, `/readyz`, `/metrics` on its address.

`web = ServiceWeb()` on a service class. They are answered without a worker, so also when all workers are
busy. `Server` is nameko's web server with its holes closed: it binds to the configured address only, and a
client that breaks its connection can't end the service. Others mount on the same one (`server = Server()`).
"""

from __future__ import annotations

import json
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from nameko.extensions import DependencyProvider
from nameko.web.server import BindAddress, HttpOnlyProtocol, WebServer, parse_address
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from services.common import logs, metrics
from services.common.service_parts import ServiceParts

log = structlog.get_logger(__name__)

IDLE_SECONDS = 75  # how long a kept-alive connection may say nothing
ACCEPT_PAUSE_SECONDS = 0.1


class Server(WebServer):
    """One listening socket per service, shared by all that serve HTTP in it."""

    parts = ServiceParts()

    @property
    def bind_addr(self) -> BindAddress:
        return parse_address(
            self.container.config.get("WEB_SERVER_ADDRESS") or self.parts.config.address(self.parts.service)
        )

    def run(self) -> None:
        logs.bind(self.parts.config.account, self.parts.service)
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
                sock.settimeout(self._serv.socket_timeout)
            except OSError as error:
                if self._is_accepting:  # too many open files, a client gone before it was taken in
                    log.warning("a connection was not accepted", error=repr(error))
                    eventlet.sleep(ACCEPT_PAUSE_SECONDS)
                continue
            self.container.spawn_managed_thread(lambda s=sock, a=address: self.process_request(s, a), "http")

    def process_request(self, sock: Any, address: Any) -> None:
        try:
            super().process_request(sock, address)
        except Exception as error:
            # Whatever one connection does, it is that connection's end and nobody else's.
            log.info("a connection ended badly", error=repr(error))

    def get_wsgi_server(
        self, sock: Any, wsgi_app: Any, protocol: Any = HttpOnlyProtocol, debug: bool = False
    ) -> Any:
        return wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=debug,
            log_output=False,
            socket_timeout=IDLE_SECONDS,
            capitalize_response_headers=False,  # "ETag" and "X-RateLimit-Limit" go out as they are written
        )

    def stop(self) -> None:
        self._is_accepting = False
        if self._gt is not None:
            self._gt.kill()
            self._sock.close()


class ServiceWeb(DependencyProvider):
    """Alive, ready, metrics."""

    server = Server()
    parts = ServiceParts()

    def setup(self) -> None:
        self.server.register_provider(self)

    def stop(self) -> None:
        self.server.unregister_provider(self)

    def get_url_rule(self) -> Rule:
        return Rule("/<any(healthz, readyz, metrics):page>", methods=["GET"])

    def handle_request(self, request: Request) -> Response:
        """Called by the server for each request that the rule matches."""
        request.shallow = False
        page = request.path_values["page"]  # type: ignore[attr-defined]  # set by nameko
        if page == "metrics":
            return Response(
                metrics.rendered(self.parts.config.account, self.parts.service),
                content_type=metrics.CONTENT_TYPE,
            )
        if page == "healthz":
            return _json(200, {"status": "ok"})
        problems = self.parts.problems()
        return _json(503 if problems else 200, {"ready": not problems, "problems": problems})


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body) + "\n", status=status, content_type="application/json")
