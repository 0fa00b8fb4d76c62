"""A client of the API that costs next to nothing, so that it does not measure itself."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit


class Client:
    """One kept-alive connection of one person. For one thread."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._connection.close()

    def bytes(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """What was answered. Raises RuntimeError when that is not a success."""
        sent = None if body is None else json.dumps(body)
        self._connection.request(method, path, sent, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {said[:300]!r}")
        return said

    def get(self, path: str) -> Any:
        return json.loads(self.bytes("GET", f"/v1/{path}"))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return json.loads(self.bytes("POST", f"/v1/{path}", body))

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return json.loads(self.bytes("PATCH", f"/v1/{path}", body))
