"""A client of an account's public API, for the command: what a person's script would do, with a token."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Any, BinaryIO

import requests

_TIMEOUT_SECONDS = 40.0
_TRIES = 5
_LONGEST_PAUSE_SECONDS = 5
_PAUSE_SECONDS = 0.5
_MAX_PER_PAGE = 100
_PIECE_BYTES = 256 * 1024
# No answer at all, or one that says: try again later.
_LATER = frozenset({0, 502, 503, 504})


class ApiError(Exception):
    """The API refused, or did not answer (`status` 0). `errors` are (field, text) pairs; `code` is the stable
    name of the failure, where the API gave one.
    """

    def __init__(
        self, status: int, message: str, errors: list[tuple[str, str]] | None = None, code: str = ""
    ) -> None:
        self.status, self.message, self.errors, self.code = status, message, errors or [], code
        super().__init__("; ".join([message, *(f"{field}: {text}" for field, text in self.errors)]))


@dataclass(frozen=True)
class Beginning:
    """The first records of a list. `total` is how many it has; with `more_than_total`, more than that."""

    records: list[Any]
    total: int
    more_than_total: bool = False


class Api:
    """One account's API at `url` (without `/v1`), as the person whose token it is.

    `patience_seconds`: for so long a call is made again when nobody answers in `timeout_seconds`, or a part
    of the account is away. What is posted then carries a key, so that it makes one record; what is patched
    has to bear being done twice.

    Not for several threads at once.
    """

    def __init__(
        self, url: str, token: str, *, patience_seconds: float = 0, timeout_seconds: float = _TIMEOUT_SECONDS
    ) -> None:
        self.url = url.rstrip("/")
        self._patience_seconds, self._timeout_seconds = patience_seconds, timeout_seconds
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
        yield from self._from(self._send("GET", self._at(path), params=parameters))

    def get_first(self, path: str, most: int, **parameters: Any) -> Beginning:
        """The first records of a list, so many at most."""
        asked = {**parameters, "per_page": min(most, _MAX_PER_PAGE)}
        answer = self._send("GET", self._at(path), params=asked)
        records = list(islice(self._from(answer), most))
        headers = answer.headers
        total = int(headers.get("X-Pagination-Total-Entries", len(records)))
        return Beginning(records, total, headers.get("X-Pagination-Throttled") == "true")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        keyed = {"Idempotency-Key": uuid.uuid4().hex} if self._patience_seconds else {}
        return _body(self._send("POST", self._at(path), json=body or {}, headers=keyed))

    def upload(self, path: str, file: BinaryIO, name: str, fields: dict[str, str]) -> Any:
        """Sends a form with a file, which the account is to know as `name`."""
        return _body(self._send("POST", self._at(path), files={"file": (name, file)}, data=fields))

    def download(self, path: str) -> Iterator[bytes]:
        """The bytes of a file, piece by piece. Raises ApiError, also when it breaks off."""
        answer = self._send("GET", self._at(path), stream=True)
        try:
            yield from answer.iter_content(_PIECE_BYTES)
        except requests.RequestException as problem:
            raise ApiError(0, f"{self.url} broke off in the middle of the file") from problem

    def version(self, path: str) -> str:
        """The ETag of a record: `patch` may be bound to it."""
        return self._send("GET", self._at(path)).headers["ETag"]

    def patch(self, path: str, body: dict[str, Any], version: str = "") -> Any:
        """With a `version`: only if the record is in it still; else ApiError 412."""
        bound = {"If-Match": version} if version else {}
        return _body(self._send("PATCH", self._at(path), json=body, headers=bound))

    def delete(self, path: str) -> None:
        self._send("DELETE", self._at(path))

    def _at(self, path: str) -> str:
        return f"{self.url}/v1/{path}"

    def _from(self, answer: requests.Response) -> Iterator[Any]:
        while True:
            yield from _body(answer)
            following = answer.links.get("next")
            if not following:
                return
            answer = self._send("GET", following["url"])

    def _send(self, method: str, url: str, **options: Any) -> requests.Response:
        ends_at = time.monotonic() + self._patience_seconds
        while True:
            try:
                return self._within_limits(method, url, **options)
            except ApiError as error:
                if error.status not in _LATER or time.monotonic() >= ends_at:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def _within_limits(self, method: str, url: str, **options: Any) -> requests.Response:
        for _ in range(_TRIES):
            try:
                answer = self._session.request(method, url, timeout=self._timeout_seconds, **options)
            except requests.RequestException as problem:
                raise ApiError(0, self._unanswered(method, problem)) from problem
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

    def _unanswered(self, method: str, problem: requests.RequestException) -> str:
        text = f"{self.url} does not answer"
        if not isinstance(problem, requests.Timeout):
            return f"{text} ({type(problem).__name__}); is it running, and is this its address?"
        first = "" if method == "GET" else ", and look first whether this was done"
        return f"{text} within {self._timeout_seconds:g} s: it is too busy, or hangs; try again later{first}"


def _body(answer: requests.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except ValueError:
        text = f"{answer.url} answers what is no JSON; is this the gateway of an account?"
        raise ApiError(answer.status_code, text) from None


def _refused(answer: requests.Response) -> ApiError:
    try:
        said = answer.json()
        errors = [(str(field), str(text)) for field, text in said.get("errors", [])]
        code = answer.headers.get("X-Interdesk-Error", "")
        return ApiError(answer.status_code, str(said["message"]), errors, code)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ApiError(answer.status_code, f"HTTP {answer.status_code}: {answer.text[:200]}")
