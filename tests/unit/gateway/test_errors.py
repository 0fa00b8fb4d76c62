"""How the API tells of failures."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask, abort
from pymongo.errors import AutoReconnect

from gateway import errors
from services.common.errors import (
    Conflict,
    Forbidden,
    IllegalMove,
    InterdeskError,
    Internal,
    Invalid,
    NotFound,
    PreconditionFailed,
    Stale,
    Unauthorized,
    Unavailable,
)


def answered(raised: Exception) -> tuple[int, dict[str, Any], Any]:
    app = Flask("test")
    errors.register(app)

    def view() -> str:
        raise raised

    app.add_url_rule("/", view_func=view)
    response = app.test_client().get("/")
    return response.status_code, json.loads(response.data), response.headers


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.BadJson(), 400),
        (Unauthorized(), 401),
        (Forbidden(), 403),
        (NotFound(), 404),
        (Conflict(), 409),
        (Stale(), 409),
        (PreconditionFailed(), 412),
        (errors.UnsupportedMediaType(), 415),
        (Invalid(), 422),
        (IllegalMove(), 422),
        (errors.TooManyRequests(7), 429),
        (Internal(), 500),
        (InterdeskError(), 500),
        (Unavailable(), 503),
    ],
)
def test_each_error_has_its_status_and_its_code(error: InterdeskError, status: int) -> None:
    answer, body, headers = answered(error)
    assert answer == status
    assert body["message"]
    assert headers["X-Interdesk-Error"] == error.code


def test_a_form_that_is_wrong_names_each_field_in_pairs() -> None:
    _, body, _ = answered(Invalid(errors=[("subject", "is missing"), ("impact", "is unknown")]))
    assert body == {
        "message": "Validation Failed",
        "errors": [["subject", "is missing"], ["impact", "is unknown"]],
    }


def test_a_text_that_belongs_to_no_field_stands_under_base() -> None:
    _, body, _ = answered(
        IllegalMove(message="Only accepted is possible.", errors=[("status", "is declined")])
    )
    assert body["errors"] == [["status", "is declined"], ["base", "Only accepted is possible."]]


def test_a_text_that_a_field_says_already_is_told_once() -> None:
    _, body, _ = answered(Invalid("no_agreement", "No SLA covers it.", [("team", "No SLA covers it.")]))
    assert body["errors"] == [["team", "No SLA covers it."]]


def test_what_somebody_may_not_set_and_what_is_taken_is_named() -> None:
    refused = Forbidden(message="Only specialists may set this.", errors=[("team_id", "may not be set")])
    taken = Conflict("already_taken", errors=[("primary_email", "has already been taken")])
    assert answered(refused)[1]["errors"] == [["team_id", "may not be set"]]
    assert answered(taken)[1]["errors"] == [["primary_email", "has already been taken"]]


def test_who_is_unknown_is_told_as_4me_tells_it() -> None:
    _, body, headers = answered(Unauthorized())
    assert body == {"message": "Unauthorized"}
    assert headers["WWW-Authenticate"] == "Bearer"


def test_malformed_json_is_told_as_4me_tells_it() -> None:
    assert answered(errors.BadJson())[1] == {"message": "Invalid JSON string posted"}


def test_too_many_calls_are_told_when_to_come_back() -> None:
    assert answered(errors.TooManyRequests(7))[2]["Retry-After"] == "7"


def test_what_does_not_answer_may_be_asked_again() -> None:
    assert answered(Unavailable())[2]["Retry-After"] == "5"


def test_a_database_that_does_not_answer_is_unavailable() -> None:
    status, body, _ = answered(AutoReconnect("mongodb://secret@host"))
    assert status == 503
    assert "secret" not in str(body)


def test_what_nobody_foresaw_is_never_told() -> None:
    status, body, _ = answered(RuntimeError("password=hunter2"))
    assert status == 500
    assert "hunter2" not in str(body)


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415, 418])
def test_http_failures_are_json_too(status: int) -> None:
    app = Flask("test")
    errors.register(app)
    app.add_url_rule("/", view_func=lambda: abort(status))
    response = app.test_client().get("/")
    assert response.status_code == status
    assert set(json.loads(response.data)) == {"message"}
