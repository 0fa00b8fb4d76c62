"""Pages to look at: requests and dashboards, read-only, for people who sign in with a password.

They are rendered here, need no script, and read through the same functions as the API, so who sees what is
said in one place. A session (`gateway.sessions`) stands where the API has a token.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from flask import Blueprint, Flask, Response, redirect, request
from jinja2 import StrictUndefined
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException, NotFound

from gateway import errors
from gateway.answers import Answers
from gateway.audiences import anyone, signed_in
from gateway.context import GatewayContext
from gateway.pages import measures, styles, wording
from gateway.pages.dashboards import Dashboards
from gateway.pages.lists import Lists
from gateway.pages.one_request import OneRequest
from gateway.pages.page import STAFF_LISTS, failure_page, lists, protect
from gateway.pages.signing_in import PATH as SIGN_IN
from gateway.pages.signing_in import SigningIn
from gateway.resources.attachments import AttachmentViews
from services.common.errors import InterdeskError, Unauthorized

API = "/v1"
_FILTERS = {
    "worded": wording.worded,
    "moment": wording.moment,
    "duration": wording.duration,
    "told": wording.told,
    "said_by": wording.said_by,
    "with_pictures": wording.with_pictures,
    "field_title": measures.field_title,
    "of_record": measures.of_record,
}


class Pages:
    """All pages of an account."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self._context = context
        self._answers = answers

    def register(self, app: Flask) -> None:
        blueprint = Blueprint("pages", __name__, template_folder="templates")
        signing_in, files = SigningIn(self._context), AttachmentViews(self._context, self._answers)
        boards = Dashboards(self._context, self._answers)
        listed, one = Lists(self._context, self._answers), OneRequest(self._context, self._answers)

        def add(path: str, name: str, view: Callable[..., object], method: str = "GET") -> None:
            blueprint.add_url_rule(path, name, view, methods=[method])  # type: ignore[arg-type]

        add(SIGN_IN, "sign_in", anyone(_plain(signing_in.get)))
        add(SIGN_IN, "signed_in", anyone(_plain(signing_in.post)), "POST")
        add("/sign-out", "sign_out", signed_in(_plain(signing_in.sign_out)), "POST")
        add("/styles/<name>", "style", anyone(_plain(styles.get)))
        add("/", "home", signed_in(_home))
        for name, _ in STAFF_LISTS:
            add(f"/requests/{name}", name, signed_in(listed.view(name)))
        add("/requests/<id>", "request", signed_in(_plain(one.get)))
        add("/dashboards", "dashboards", signed_in(_plain(boards.list)))
        add("/dashboards/<id>", "dashboard", signed_in(_plain(boards.get)))
        add("/dashboards/<id>/figures/<report>", "figures", signed_in(_plain(boards.figures)))
        add("/dashboards/<id>/records", "figure", signed_in(_plain(boards.records)))
        add("/attachments/<id>", "file", signed_in(_plain(files.fetch)))
        blueprint.after_request(protect)
        blueprint.register_error_handler(InterdeskError, self._failed)
        blueprint.register_error_handler(HTTPException, self._unreadable)
        blueprint.register_error_handler(PyMongoError, self._database_silent)
        blueprint.register_error_handler(Exception, self._unforeseen)
        app.register_blueprint(blueprint)
        app.register_error_handler(NotFound, self._nowhere)
        app.jinja_env.undefined = StrictUndefined
        app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
        app.jinja_env.filters.update(_FILTERS)
        app.jinja_env.globals["style_sheets"] = styles.names

    def _failed(self, error: InterdeskError) -> Response:
        if isinstance(error, Unauthorized):
            next = request.full_path.rstrip("?") if request.method == "GET" and request.path != "/" else ""
            said = f"?next={quote(next, safe='')}" if next else ""
            return redirect(f"{SIGN_IN}{said}", 303)  # type: ignore[return-value]
        told = errors.answer(error)
        response = failure_page(self._context, error, told.status_code)
        for name in (errors.CODE_HEADER, "Retry-After"):
            if name in told.headers:
                response.headers[name] = told.headers[name]
        return response

    def _unreadable(self, error: HTTPException) -> Response:
        status, code, text = errors.said(error)
        response = failure_page(self._context, InterdeskError(code, text), status)
        response.headers[errors.CODE_HEADER] = code
        return response

    def _database_silent(self, error: PyMongoError) -> Response:
        return self._failed(errors.database_silent(error))

    def _unforeseen(self, error: Exception) -> Response:
        return self._failed(errors.unforeseen(error))

    def _nowhere(self, error: NotFound) -> Response:
        """There is nothing at this path: said to a browser by a page, to a program as ever."""
        wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
        if request.path.startswith(API) or not wants_page:
            return errors.of_http(error)
        return protect(self._unreadable(error))


def _home() -> Response:
    return redirect(f"/requests/{lists()[0][0]}", 303)  # type: ignore[return-value]


def _plain(view: Callable[..., Response]) -> Callable[..., Response]:
    """A method as a function that can be declared."""

    def called(*arguments: object, **named: object) -> Response:
        return view(*arguments, **named)

    return called
