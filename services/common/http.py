"""HTTP of a service: `/healthz`, `/readyz`, `/metrics` on its address.

`web = ServiceWeb()` on a service class. They are answered without a worker, so also when all workers are
busy. Others mount on the same server (`server = Server()`): entrypoints of nameko's kind.

`Server` is nameko's web server with its holes closed: it binds to the configured address only, a client that
breaks its connection can't end the service, and it drains: told to stop, it takes no more connections and
lets what is being answered finish, while calls of other services still work. What streams without end looks
at `parts.draining`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import eventlet
import structlog
from eventlet import wsgi
from nameko.extensions import DependencyProvider
from nameko.web.server import BindAddress, HttpOnlyProtocol, WebServer, parse_address
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from services.common import logs, metrics, trace
from services.common.service_parts import ServiceParts

log = structlog.get_logger(__name__)

IDLE_SECONDS = 75  # how long a kept-alive connection may say nothing
ACCEPT_PAUSE_SECONDS = 0.1
DRAIN_SECONDS = 20
PAGES = frozenset({"/healthz", "/readyz", "/metrics"})

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Server(WebServer):
    """One listening socket per service, shared by all that serve HTTP in it."""

    parts = ServiceParts()

    def __init__(self) -> None:
        super().__init__()
        self._answering = 0

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

    def get_wsgi_app(self) -> Application:
        pages = super().get_wsgi_app()

        def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            # A kept-alive connection is one green thread for many requests: each begins its own trace.
            logs.bind(self.parts.config.account, self.parts.service)
            trace.begin(environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT"))
            if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
                environ["wsgi.input_terminated"] = True  # the server's input ends with the last chunk
            if environ["PATH_INFO"] in PAGES:
                return pages(environ, start_response)  # type: ignore[no-any-return]  # nameko has no types
            return self._counted(pages, environ, start_response)

        return answer

    def drain(self) -> None:
        """Takes no more connections; returns when all requests are answered, or after a while."""
        self.stop()
        ends_at = time.monotonic() + DRAIN_SECONDS
        while self._answering and time.monotonic() < ends_at:
            eventlet.sleep(0.05)

    def stop(self) -> None:
        self._is_accepting = False
        if self._gt is not None:
            self._gt.kill()
            self._sock.close()

    def _counted(
        self, application: Application, environ: dict[str, Any], start_response: Any
    ) -> Iterator[bytes]:
        """The answer, counted as being given until its last byte was taken."""
        self._count(1)
        answer: Iterable[bytes] = ()
        try:
            answer = application(environ, start_response)
            yield from answer
        except Exception:
            # The server would say nothing of it, or everything, with a traceback to the client.
            log.exception("a request failed", path=environ["PATH_INFO"])
            raise
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
            self._count(-1)

    def _count(self, change: int) -> None:
        self._answering += change
        metrics.ANSWERING.labels(self.parts.config.account, self.parts.service).set(self._answering)


class ServiceWeb(DependencyProvider):
    """Alive, ready, metrics."""

    server = Server()
    parts = ServiceParts()

    def setup(self) -> None:
        self.server.register_provider(self)
        self.parts.measures.append(self._measure_workers)

    def stop(self) -> None:
        self.server.drain()
        self.server.unregister_provider(self)

    def get_url_rule(self) -> Rule:
        return Rule("/<any(healthz, readyz, metrics):page>", methods=["GET"])

    def handle_request(self, request: Request) -> Response:
        """Called by the server for each request that the rule matches."""
        request.shallow = False
        page = request.path_values["page"]  # type: ignore[attr-defined]  # set by nameko
        if page == "metrics":
            self.parts.measure()
            return Response(
                metrics.rendered(self.parts.config.account, self.parts.service),
                content_type=metrics.CONTENT_TYPE,
            )
        if page == "healthz":
            return _json(200, {"status": "ok"})
        problems = self.parts.problems()
        return _json(503 if problems else 200, {"ready": not problems, "problems": problems})

    def _measure_workers(self) -> None:
        owner, pool = (self.parts.config.account, self.parts.service), self.container._worker_pool
        metrics.WORKERS.labels(*owner, "busy").set(pool.running())
        metrics.WORKERS.labels(*owner, "waiting").set(pool.waiting())
        metrics.WORKERS_LIMIT.labels(*owner).set(pool.size)


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body) + "\n", status=status, content_type="application/json")
