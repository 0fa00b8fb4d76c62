"""A server of HTTP that answers what is written for it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], Any]


class Scripted(ThreadingHTTPServer):
    """Answers each path with what is written for it, in turn; the last answer stays. To the first `silent`
    calls it says nothing. The body `...` is one that is no JSON. A `Content-Length` among the headers is
    promised, and not kept.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.keys: list[str | None] = []
        self.silent = 0
        self.over = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Scripted

    def answer(self) -> None:
        self.server.seen.append((self.command, self.path, self.headers["Authorization"]))
        self.server.keys.append(self.headers["Idempotency-Key"])
        if self.server.silent:
            self.server.silent -= 1
            self.server.over.wait(30)
            return
        answers = self.server.script[self.path]
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        content = b"" if body is None else b"<html>" if body is ... else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing: the tests look at `seen`."""
