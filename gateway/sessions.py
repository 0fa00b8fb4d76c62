"""Who is behind a session's cookie: a person who signed in to the pages with a password.

The cookie holds the session's id and nothing else; its SHA-256 is looked up in the organizations service's
database with every page, so a session that was ended anywhere is ended here. No script can read the cookie,
other sites' forms do not bring it along, and it goes over https only where the account is served so. Its name
holds the account's id, for a cookie knows no ports: several accounts may share a host.

A form of ours carries a key made of the cookie's value (`form_key`). Who cannot read the cookie cannot make
it, so a form with the right key is a page of ours.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from flask import Response

from gateway.tokens import Holder
from services.common.config import Config
from services.common.errors import InterdeskError, Unauthorized

TOUCH_AGAIN: Final = timedelta(seconds=30)
TOUCH_SECONDS: Final = 1.0
_MAX_TOUCHED: Final = 10_000
TOO_MANY_TRIES: Final = "too_many_tries"
"""With this code a try to sign in is refused before it is looked at."""
BROWSER_KNOWN: Final = timedelta(days=180)
_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MARK: Final = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9a-f]{64}")

log = structlog.get_logger(__name__)

Found = tuple[Holder, bool]
"""Who it is, and whether it is to be noted that the session is used."""


class Sessions:
    """`find` gives what is known of a session by its SHA-256; `touch` notes that one is used."""

    def __init__(
        self, config: Config, find: Callable[[str], Found | None], touch: Callable[[str], object]
    ) -> None:
        self.secure = (config.public_url or "").startswith("https://")
        prefix = "__Host-" if self.secure else ""
        self.cookie = f"{prefix}interdesk-{config.account}"
        self.form_cookie = f"{self.cookie}-form"
        self.browser_cookie = f"{self.cookie}-browser"
        self._find, self._touch = find, touch
        self._touched: dict[str, datetime] = {}

    def holder(self, cookies: Mapping[str, str], now: datetime) -> Holder:
        """Who has signed in. Raises Unauthorized."""
        id = self.id_in(cookies)
        if id is None:
            raise Unauthorized
        sha256 = hashed(id)
        found = self._find(sha256)
        if found is None:
            raise Unauthorized
        holder, due = found
        if due and now >= self._touched.get(sha256, now - TOUCH_AGAIN) + TOUCH_AGAIN:
            self._note(sha256, now)
        return holder

    def id_in(self, cookies: Mapping[str, str]) -> str | None:
        """The id of the session that the browser is in, good or not."""
        return _well_formed(cookies.get(self.cookie))

    def begin(self, response: Response, id: str) -> None:
        """Has the browser be in a session, until it is closed or the session ends."""
        self._set(response, self.cookie, id, "Lax")
        self._drop(response, self.form_cookie)

    def end(self, response: Response) -> None:
        self._drop(response, self.cookie)

    def browser_in(self, cookies: Mapping[str, str]) -> str | None:
        """The mark of a browser in which somebody has signed in before, good or not."""
        mark = cookies.get(self.browser_cookie)
        return mark if mark is not None and _MARK.fullmatch(mark) else None

    def keep_browser(self, response: Response, mark: str) -> None:
        """Has the browser be known at the next sign-in; the mark opens nothing."""
        self._set(response, self.browser_cookie, mark, "Strict", BROWSER_KNOWN)

    def new_form(self, cookies: Mapping[str, str]) -> str:
        """What a form before the sign-in is known by: the browser's own, or a new one."""
        return _well_formed(cookies.get(self.form_cookie)) or secrets.token_urlsafe(32)

    def keep_form(self, response: Response, value: str) -> None:
        self._set(response, self.form_cookie, value, "Strict")

    def is_own_form(self, cookie: str | None, key: str | None) -> bool:
        """Whether a form was on a page that this browser had of us. `cookie`: the value it is bound to."""
        known = _well_formed(cookie)
        return known is not None and hmac.compare_digest(form_key(known).encode(), (key or "").encode())

    def _note(self, sha256: str, now: datetime) -> None:
        """Best effort: who only reads is not to wait for a service that is away."""
        if len(self._touched) >= _MAX_TOUCHED:
            self._touched.clear()
        self._touched[sha256] = now
        try:
            self._touch(sha256)
        except InterdeskError as error:
            log.warning("a session's use could not be noted", code=error.code)

    def _set(
        self, response: Response, name: str, value: str, same_site: str, kept: timedelta | None = None
    ) -> None:
        """`kept`: for how long, also when the browser is closed."""
        response.set_cookie(
            name, value, path="/", secure=self.secure, httponly=True, samesite=same_site, max_age=kept
        )

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="Lax")


def hashed(id: str) -> str:
    """What is kept of a session's id."""
    return hashlib.sha256(id.encode()).hexdigest()


def form_key(value: str) -> str:
    """What a form of ours carries, of the value of the cookie that it is bound to."""
    return hashlib.sha256(f"form of {value}".encode()).hexdigest()


def address_of(environ: Mapping[str, Any], proxies: int) -> str:
    """The client's network address: the connection's, or behind so many proxies of ours, what the outermost
    of them wrote into X-Forwarded-For; what stands before that anybody may have written.
    """
    connected = str(environ.get("REMOTE_ADDR") or "unknown")
    written = [part.strip() for part in str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",")]
    return (written[-proxies] if 0 < proxies <= len(written) else "")[:100] or connected


def _well_formed(value: str | None) -> str | None:
    return value if value is not None and _ID.fullmatch(value) else None
