"""Failures as the API tells them, in 4me's forms.

`{"message": "…"}`, with `"errors": [["field", "text"], …]` where fields are to blame. What a form got wrong
is 422 and "Validation Failed"; a text of it that belongs to no field stands under `base`. The stable code is
in the header `X-Interdesk-Error`. What nobody foresaw answers 500 with the request's id and never its text;
the log has that under the same id.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g
from pymongo.errors import PyMongoError
from werkzeug.exceptions import HTTPException

from services.common import strict_json
from services.common.errors import InterdeskError, Internal, Invalid, Unauthorized, Unavailable, http_status

CODE_HEADER = "X-Interdesk-Error"
RETRY_SECONDS = 5

_log = structlog.get_logger(__name__)

# werkzeug's own failures, before or around a view: status -> (code, what to say)
_OF_HTTP: dict[int, tuple[str, str]] = {
    400: ("bad_request", "Bad Request"),
    404: ("not_found", "Not Found"),
    405: ("method_not_allowed", "Method Not Allowed"),
    413: ("too_large", "The request body is too large."),
    415: ("unsupported_media_type", "Send JSON with Content-Type: application/json."),
}


class BadJson(InterdeskError):
    """The body is not JSON, or not such as everybody reads alike."""

    default_code = "invalid_json"
    default_message = "Invalid JSON string posted"


class UnsupportedMediaType(InterdeskError):
    default_code = "unsupported_media_type"
    default_message = "Send JSON with Content-Type: application/json."


class TooManyRequests(InterdeskError):
    default_code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(message=f"Too Many Requests. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


_OWN_STATUS: dict[type[InterdeskError], int] = {BadJson: 400, UnsupportedMediaType: 415, TooManyRequests: 429}


def register(app: Flask) -> None:
    """Makes the application answer failures as this module says."""
    app.register_error_handler(InterdeskError, answer)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(PyMongoError, lambda error: answer(database_silent(error)))
    app.register_error_handler(Exception, lambda error: answer(unforeseen(error)))


def answer(error: InterdeskError) -> Response:
    """The response that tells of an error."""
    status = _OWN_STATUS.get(type(error)) or http_status(error)
    response = _response(status, error.code, _body(error))
    if isinstance(error, Unauthorized):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _body(error: InterdeskError) -> dict[str, Any]:
    errors = [[field, text] for field, text in error.errors]
    if not isinstance(error, Invalid):
        return {"message": error.message, **({"errors": errors} if errors else {})}
    if error.message not in (Invalid.default_message, *(text for _, text in error.errors)):
        errors.append(["base", error.message])
    return {"message": Invalid.default_message, "errors": errors}


def of_http(error: HTTPException) -> Response:
    """The response that tells of a failure of the routing or of reading a request."""
    status, code, text = said(error)
    response = _response(status, code, {"message": text})
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def said(error: HTTPException) -> tuple[int, str, str]:
    """Status, code and text of a failure of the routing."""
    status = error.code or 500
    code, text = _OF_HTTP.get(status, ("http_error", error.name))
    return status, code, text


def database_silent(error: PyMongoError) -> InterdeskError:
    """What is told of a failure of the database; the log has it."""
    _log.error("database_failed", error=type(error).__name__, exc_info=error)
    return Unavailable("database_silent")


def unforeseen(error: Exception) -> InterdeskError:
    """What is told of a failure that nobody foresaw; the log has it."""
    _log.error("request_failed", exc_info=error)
    request_id = g.get("request_id", "")
    return Internal(message=f"Something went wrong on our side. Our log has it under {request_id}.")


def _response(status: int, code: str, body: dict[str, Any]) -> Response:
    response = Response(strict_json.dumps(body), status, mimetype="application/json")
    response.headers[CODE_HEADER] = code
    return response
