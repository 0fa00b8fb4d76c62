"""The trace of a request: taken over when it is well-formed, made anew when not."""

import pytest

from services.common import trace

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_lasts_for_its_block() -> None:
    assert trace.headers() == {}
    with trace.tracing("request-1", TRACE):
        assert trace.headers() == {"request_id": "request-1", "traceparent": TRACE}
        with trace.tracing():
            assert trace.request_id() != "request-1"
        assert trace.request_id() == "request-1"
    assert trace.headers() == {}


@pytest.mark.parametrize(
    ("request_id", "traceparent"),
    [
        ("a\nb", "00-" + "0" * 32 + "-b7ad6b7169203331-01"),
        ("x" * 65, "ff"),
        (7, TRACE + "\n"),
        (None, None),
        ("", b"bytes"),
    ],
)
def test_what_is_malformed_is_made_anew(request_id: object, traceparent: object) -> None:
    with trace.tracing(request_id, traceparent):
        headers = trace.headers()
    assert headers["request_id"] != request_id
    assert headers["traceparent"] != traceparent
    with trace.tracing(headers["request_id"], headers["traceparent"]):
        assert trace.headers() == headers


def test_only_our_headers_come_in() -> None:
    taken = trace.from_headers({"request_id": "r", "auth_token": "x", "nameko.user_id": 1})
    assert taken == {"request_id": "r", "traceparent": None}
    assert trace.from_headers(None) == {"request_id": None, "traceparent": None}
