"""Signing in and out."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, redirect, request

from gateway.context import GatewayContext
from gateway.errors import CODE_HEADER
from gateway.pages.page import plain_page
from gateway.sessions import TOO_MANY_TRIES, address_of, form_key, hashed
from services.common.actor import Actor
from services.common.errors import Forbidden, InterdeskError, Invalid, http_status

SERVICE: Final = "organizations"
PATH: Final = "/sign-in"
_OWN_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]{0,2000}")
_OLD_FORM: Final = "This form had been open for too long, or cookies are off. Sign in once more."


class SigningIn:
    """The form, and what becomes of it. Where the reader wanted to go stands in `next`."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._sessions = context.sessions

    def get(self) -> Response:
        return self._form(own_path(request.args.get("next")))

    def post(self) -> Response:
        form, next = request.form, own_path(request.form.get("next"))
        email = form.get("email", "")[:254]
        cookie = request.cookies.get(self._sessions.form_cookie)
        if not self._sessions.is_own_form(cookie, form.get("form_key")):
            return self._refused(next, email, 400, "old_form", _OLD_FORM)
        asked = {
            "primary_email": email,
            "password": form.get("password", ""),
            "address": address_of(request.environ, self._context.config.proxies),
        }
        if mark := self._sessions.browser_in(request.cookies):
            asked["browser"] = mark
        try:
            opened = self._ask("sign_in", asked)
        except Invalid as error:
            text = "The e-mail address or the password is too long."
            return self._refused(next, email, http_status(error), error.code, text)
        except InterdeskError as error:
            # With too many tries there is nothing to be forbidden yet: the form says until when.
            status = 429 if error.code == TOO_MANY_TRIES else http_status(error)
            return self._refused(next, email, status, error.code, error.message)
        self._end_old()
        response = redirect(next or "/", 303)
        self._sessions.begin(response, opened["session"])  # type: ignore[arg-type]
        self._sessions.keep_browser(response, opened["browser"])  # type: ignore[arg-type]
        return response  # type: ignore[return-value]

    def sign_out(self) -> Response:
        """Ends the session that the form was made in."""
        id = self._sessions.id_in(request.cookies)
        if not self._sessions.is_own_form(id, request.form.get("form_key")):
            raise Forbidden("foreign_form", "Sign out by the button of a page of this account.")
        self._end_old()
        response = redirect(PATH, 303)
        self._sessions.end(response)  # type: ignore[arg-type]
        return response  # type: ignore[return-value]

    def _end_old(self) -> None:
        if (id := self._sessions.id_in(request.cookies)) is not None:
            self._ask("sign_out", hashed(id))

    def _ask(self, command: str, *arguments: object) -> dict[str, str]:
        system = Actor.system(self._context.config.account)
        answer: dict[str, str] = self._context.rpc.call(SERVICE, command, system, *arguments)
        return answer

    def _refused(self, next: str, email: str, status: int, code: str, problem: str) -> Response:
        """The form again, with what was typed, but for the password."""
        response = self._form(next, email, problem, status)
        response.headers[CODE_HEADER] = code
        return response

    def _form(self, next: str, email: str = "", problem: str = "", status: int = 200) -> Response:
        value = self._sessions.new_form(request.cookies)
        response = plain_page(
            self._context,
            "sign_in.html",
            status,
            next=next,
            email=email,
            problem=problem,
            form_key=form_key(value),
        )
        self._sessions.keep_form(response, value)
        return response


def own_path(text: str | None) -> str:
    """A path of this account's pages to go on to; "" for whatever else is said."""
    return text if text is not None and _OWN_PATH.fullmatch(text) else ""
