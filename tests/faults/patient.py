"""A client of the public API that goes on while parts of an account are away, as a person's script would.

What got no answer is done again only when a look at the record shows that it was not done, and bound to what
was looked at: the first try may be carried out after the look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from interdesk.api import Api, ApiError

Record = dict[str, Any]

# No answer at all, or one that says: try again later.
_LATER = frozenset({0, 502, 503, 504})
# The record is another than the one that was looked at.
_CHANGED = 412
# After an interruption: what is refused may be so because it was done.
_REFUSED = frozenset({409, 422})
_PAUSE_SECONDS = 0.1


class Patient:
    """One person's API of one account; for one thread. Gives up after `deadline_seconds` of no answer."""

    def __init__(self, api: Api, deadline_seconds: float = 90) -> None:
        self._api = api
        self._deadline_seconds = deadline_seconds

    def get(self, path: str, **parameters: Any) -> Any:
        return self._until_answered(lambda: self._api.get(path, **parameters))

    def find(self, path: str) -> Record | None:
        """The record; None when there is none."""
        try:
            found: Record = self.get(path)
        except ApiError as error:
            if error.status != 404:
                raise
            return None
        return found

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """For what may be done twice: a record with source and sourceID, an invitation."""
        return self._until_answered(lambda: self._api.post(path, dict(body)))

    def patch(self, path: str, changes: Mapping[str, Any], done: Callable[[], bool]) -> None:
        """Makes the change unless `done()` says that it is made. Raises ApiError when it is refused."""
        ends_at = time.monotonic() + self._deadline_seconds
        interrupted = False
        while True:
            version = self._until_answered(lambda: self._api.version(path))
            if done():
                return
            try:
                self._api.patch(path, dict(changes), version)
                return
            except ApiError as error:
                late = time.monotonic() > ends_at
                bearable = _LATER | {_CHANGED} | (_REFUSED if interrupted else frozenset())
                if late or error.status not in bearable:
                    raise
                if error.status != _CHANGED:
                    interrupted = error.status in _LATER
                time.sleep(_PAUSE_SECONDS)

    def close(self) -> None:
        self._api.close()

    def _until_answered(self, call: Callable[[], Any]) -> Any:
        ends_at = time.monotonic() + self._deadline_seconds
        while True:
            try:
                return call()
            except ApiError as error:
                if error.status not in _LATER or time.monotonic() > ends_at:
                    raise
            time.sleep(_PAUSE_SECONDS)
