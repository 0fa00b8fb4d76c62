"""Which request is being worked on: its id and W3C trace context, per green thread, for logs, events and
calls.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

REQUEST_ID = "request_id"
TRACEPARENT = "traceparent"

_request_id: ContextVar[str | None] = ContextVar("interdesk_request_id", default=None)
_traceparent: ContextVar[str | None] = ContextVar("interdesk_traceparent", default=None)

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_TRACEPARENT = re.compile(r"^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$")


def request_id() -> str | None:
    return _request_id.get()


def traceparent() -> str | None:
    return _traceparent.get()


def new_traceparent() -> str:
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def begin(request_id: object = None, traceparent: object = None) -> None:
    """From here on this green thread works on that request; what is malformed or missing is made anew."""
    known = isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id)
    _request_id.set(str(request_id) if known else secrets.token_hex(8))
    traced = isinstance(traceparent, str) and _TRACEPARENT.fullmatch(traceparent)
    _traceparent.set(str(traceparent) if traced else new_traceparent())


@contextmanager
def tracing(request_id: object = None, traceparent: object = None) -> Iterator[None]:
    """`begin` for the length of a block."""
    before = _request_id.get(), _traceparent.get()
    begin(request_id, traceparent)
    try:
        yield
    finally:
        _request_id.set(before[0])
        _traceparent.set(before[1])


def headers() -> dict[str, str]:
    """What a message to another service of the account carries."""
    known = {REQUEST_ID: request_id(), TRACEPARENT: traceparent()}
    return {name: value for name, value in known.items() if value}


def from_headers(headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """The two values that may come in by headers; every other header is ignored."""
    headers = headers or {}
    return {REQUEST_ID: headers.get(REQUEST_ID), TRACEPARENT: headers.get(TRACEPARENT)}
