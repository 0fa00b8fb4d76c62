"""A client of an account's public API, for the command: what a person's script would do, with a token."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import requests

_TIMEOUT_SECONDS = 40
_TRIES = 5
_LONGEST_PAUSE_SECONDS = 5


class ApiError(Exception):
    """The API refused, or did not answer (`status` 0). `errors` are (field, text) pairs."""

    def __init__(self, status: int, message: str, errors: list[tuple[str, str]] | None = None) -> None:
        self.status, self.message, self.errors = status, message, errors or []
        super().__init__("; ".join([message, *(f"{field}: {text}" for field, text in self.errors)]))


class Api:
    """One account's API at `url` (without `/v1`), as the person whose token it is.

    Not for several threads at once.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> Api:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def get(self, path: str, **parameters: Any) -> Any:
        """One record, or the first page of a list. `path` such as `requests/17`."""
        return _body(self._send("GET", self._at(path), params=parameters))

    def get_all(self, path: str, **parameters: Any) -> Iterator[Any]:
        """Every record of a list, page after page."""
        answer = self._send("GET", self._at(path), params=parameters)
        while True:
            yield from _body(answer)
            following = answer.links.get("next")
            if not following:
                return
            answer = self._send("GET", following["url"])

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return _body(self._send("POST", self._at(path), json=body or {}))

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return _body(self._send("PATCH", self._at(path), json=body))

    def delete(self, path: str) -> None:
        self._send("DELETE", self._at(path))

    def _at(self, path: str) -> str:
        return f"{self.url}/v1/{path}"

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        for _ in range(_TRIES):
            try:
                answer = self._session.request(method, url, timeout=_TIMEOUT_SECONDS, **options)
            except requests.RequestException as problem:
                raise ApiError(0, f"{self.url} does not answer ({type(problem).__name__})") from problem
            if answer.status_code != requests.codes.too_many_requests:
                break
            # The burst is used up: that is over in seconds. An hour's allowance is not worth waiting for.
            pause = float(answer.headers.get("Retry-After", "1"))
            if pause > _LONGEST_PAUSE_SECONDS:
                break
            time.sleep(pause)
        if not answer.ok:
            raise _refused(answer)
        return answer


def _body(answer: requests.Response) -> Any:
    return answer.json() if answer.content else None


def _refused(answer: requests.Response) -> ApiError:
    try:
        said = answer.json()
        errors = [(str(field), str(text)) for field, text in said.get("errors", [])]
        return ApiError(answer.status_code, str(said["message"]), errors)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(answer.status_code, f"HTTP {answer.status_code}: {answer.text[:200]}")
