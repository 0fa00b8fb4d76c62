"""The gateway's application: an ordinary WSGI application, whoever serves it.

`create_app` builds the API of one account. Each request passes, in this order: an id and a trace; the
token; the rate limit; the account headers; the route's audience; the token's scope; then its view.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import structlog
from flask import Flask, Response, g, request

from gateway import errors, etags
from gateway.answers import Answers
from gateway.audiences import Audience, audience_of, check_all_declared
from gateway.bodies import MAX_BODY_BYTES
from gateway.context import Databases, GatewayContext
from gateway.documents import DocumentedApi
from gateway.kinds import KINDS, find_holder, find_session
from gateway.pages import Pages
from gateway.rate_limits import RateLimits
from gateway.records import Renderer
from gateway.references import Resolver
from gateway.resources import blueprints
from gateway.sessions import TOO_MANY_TRIES, TOUCH_SECONDS, Sessions, address_of
from gateway.tokens import Holder, Tokens
from services.common import metrics, trace
from services.common.actor import Actor
from services.common.clock import Clock, SystemClock
from services.common.config import Config
from services.common.context import Caller
from services.common.errors import Forbidden

ACCOUNT_HEADERS = ("X-4me-Account", "X-Xurrent-Account")
TITLE, VERSION = "Interdesk", "1"
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

log = structlog.get_logger(__name__)

_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_SECONDS = metrics.histogram(
    "interdesk_http_request_seconds", "Requests to the API, by route", ("method", "route", "status")
)


def create_app(config: Config, databases: Databases, rpc: Caller, clock: Clock | None = None) -> Flask:
    """The API of the account that `config` names. `databases` by service name, `rpc` for commands."""
    clock = clock or SystemClock()
    context = GatewayContext(
        config=config,
        databases=databases,
        rpc=rpc,
        clock=clock,
        tokens=Tokens(lambda token_hash: find_holder(databases, config.account, token_hash, clock.now())),
        sessions=Sessions(
            config,
            lambda sha256: find_session(databases, config.account, sha256, clock.now()),
            lambda sha256: rpc.call(
                "organizations", "touch_session", Actor.system(config.account), sha256, timeout=TOUCH_SECONDS
            ),
        ),
        references=Resolver(config.domain, databases, KINDS, clock),
        rate_limits=RateLimits(config.rate_limit_per_hour, config.rate_limit_burst),
    )
    app = Flask("gateway", static_folder=None)
    # What comes in pieces is cut here without a word: one byte too many shows that it was longer.
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY_BYTES + 1, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    errors.register(app)
    api = DocumentedApi(app, TITLE, VERSION)
    answers = Answers(config, Renderer(config.domain, context.references))
    for blueprint in blueprints(context, answers, api):
        api.register_blueprint(blueprint)
    Pages(context, answers).register(app)
    check_all_declared(app)
    _Door(context).guard(app)
    app.wsgi_app = _traced(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


class _Door:
    """What every request passes before and after its view."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context

    def guard(self, app: Flask) -> None:
        self._view_functions = app.view_functions
        app.before_request(self.enter)
        app.after_request(self.leave)

    def enter(self) -> None:
        g.started = time.perf_counter()
        g.request_id = trace.request_id() or ""
        if request.url_rule is None:
            return  # an unknown path or method: the routing's own answer
        audience = audience_of(self._view_functions[request.url_rule.endpoint], request.method)
        if audience is None:
            raise Forbidden
        if not audience.known:
            return
        now = self._context.clock.now()
        holder = self._holder(audience, now)
        g.holder = holder
        g.allowance = self._context.rate_limits.count(holder.token_hash, now)
        if g.allowance.retry_after is not None:
            raise errors.TooManyRequests(g.allowance.retry_after)
        self._check_account()
        audience.check(holder.actor)
        holder.check_scope(audience.scope, "read" if request.method in ("GET", "HEAD") else "write")

    def _holder(self, audience: Audience, now: datetime) -> Holder:
        if audience.session:
            return self._context.sessions.holder(request.cookies, now)
        return self._context.tokens.holder(request.headers.get("Authorization"), now)

    def leave(self, response: Response) -> Response:
        headers = response.headers
        headers["X-Request-Id"] = g.get("request_id", "")
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Content-Type-Options"] = "nosniff"
        if allowance := g.get("allowance"):
            headers["X-RateLimit-Limit"] = str(allowance.limit)
            headers["X-RateLimit-Remaining"] = str(allowance.remaining)
            headers["X-RateLimit-Reset"] = str(int(allowance.resets_at.timestamp()))
        if response.status_code == 200 and "ETag" not in headers and not response.is_streamed:
            etags.put(response, etags.of_body(response.get_data()))
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        headers["X-Runtime"] = f"{seconds:.6f}"
        self._count(response, seconds)
        # Who may not even try to sign in for now is denied, too; that others wait is no such thing.
        if response.status_code in (401, 403) or headers.get(errors.CODE_HEADER) == TOO_MANY_TRIES:
            address = address_of(request.environ, self._context.config.proxies)
            self._note("denied", response, address=address)
        elif request.method not in ("GET", "HEAD", "OPTIONS") and "holder" in g:
            self._note("asked", response, status=response.status_code)
        return response

    def _note(self, event: str, response: Response, **more: Any) -> None:
        """Every change that was asked for and every denied try is on record: who, with which token, what, and
        what came of it. The log adds the request's id and trace, by which the services' lines are found.
        """
        holder = g.get("holder")
        log.info(
            event,
            person_id=holder and holder.actor.person_id,
            token_id=holder and holder.token_id,
            method=request.method,
            path=request.path,
            code=response.headers.get(errors.CODE_HEADER),
            **more,
        )

    def _count(self, response: Response, seconds: float) -> None:
        # Labels are bounded: what callers make up is "none" or "other".
        method = request.method if request.method in _METHODS else "other"
        route = request.url_rule.rule if request.url_rule else "none"
        status = f"{response.status_code // 100}xx"
        _SECONDS.labels(self._context.config.account, "gateway", method, route, status).observe(seconds)

    def _check_account(self) -> None:
        for header in ACCOUNT_HEADERS:
            named = request.headers.get(header)
            if named is not None and named != self._context.config.account:
                raise Forbidden("other_account", f"This is the account {self._context.config.account}.")


def _traced(application: Wsgi) -> Wsgi:
    def traced(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with trace.tracing(environ.get("HTTP_X_REQUEST_ID"), environ.get("HTTP_TRACEPARENT")):
            return application(environ, start_response)

    return traced
