"""The command's client of the public API: refusals are told in the API's own words, limits are waited out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from interdesk.api import Api, ApiError

Answer = tuple[int, dict[str, str], Any]


class Scripted(ThreadingHTTPServer):
    """Answers each path with what is written for it, in turn; the last answer stays."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def answer(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers["Authorization"]))
        answers = self.server.script[self.path]
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the tests look at `seen`."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    server = Scripted()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_list_is_read_page_after_page(server: Scripted) -> None:
    following = f'<{server.url}/v1/teams?after=2&per_page=2>; rel="next"'
    server.script = {
        "/v1/teams": [(200, {"Link": following}, [{"id": 1}, {"id": 2}])],
        "/v1/teams?after=2&per_page=2": [(200, {}, [{"id": 3}])],
    }
    with Api(server.url, "secret") as api:
        assert [team["id"] for team in api.get_all("teams")] == [1, 2, 3]
    assert {seen[2] for seen in server.seen} == {"Bearer secret"}


def test_a_refusal_is_told_in_the_apis_words(server: Scripted) -> None:
    refusal = {"message": "Validation Failed", "errors": [["status", "is not one of them"]]}
    server.script = {"/v1/requests": [(422, {}, refusal)]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError) as caught:
        api.post("requests", {"status": "odd"})
    assert caught.value.status == 422
    assert caught.value.errors == [("status", "is not one of them")]
    assert str(caught.value) == "Validation Failed; status: is not one of them"


def test_an_answer_that_is_none_of_ours_is_a_refusal_too(server: Scripted) -> None:
    server.script = {"/v1/me": [(502, {}, "a proxy speaks")]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError, match="HTTP 502"):
        api.get("me")


def test_a_burst_limit_is_waited_out(server: Scripted) -> None:
    limited: Answer = (429, {"Retry-After": "0.01"}, {"message": "Too Many Requests"})
    server.script = {"/v1/me": [limited, limited, (200, {}, {"id": 1})]}
    with Api(server.url, "secret") as api:
        assert api.get("me") == {"id": 1}


def test_an_hours_limit_is_told_at_once(server: Scripted) -> None:
    server.script = {"/v1/me": [(429, {"Retry-After": "1800"}, {"message": "Too Many Requests"})]}
    with Api(server.url, "secret") as api, pytest.raises(ApiError) as caught:
        api.get("me")
    assert caught.value.status == 429
    assert len(server.seen) == 1


def test_an_empty_answer_is_nothing(server: Scripted) -> None:
    server.script = {"/v1/personal_access_tokens/7": [(204, {}, None)]}
    with Api(server.url, "secret") as api:
        api.delete("personal_access_tokens/7")
    assert server.seen == [("DELETE", "/v1/personal_access_tokens/7", "Bearer secret")]
