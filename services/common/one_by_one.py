"""What a timer does with many records, each by itself: one that fails keeps no other waiting.

    with OneByOne("request") as work:
        work.each(due, partial(_end_wait, context))

A failure is told in the log with the record's id, and raised again at the end: so the timer counts as failed,
and people hear of it (docs/operations.md, InterdeskTimerFails). An outage ends the work at once: it says
nothing about a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import structlog

from services.common.verdicts import is_outage

log = structlog.get_logger(__name__)


class OneByOne:
    """`failed`: the ids of those that failed so far."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._first: Exception | None = None
        self.failed: list[Any] = []

    def each(self, ids: Iterable[Any], work: Callable[[Any], int | None]) -> int:
        """Works on each; gives the sum of what the work gives. Raises what is an outage."""
        done = 0
        for id in ids:
            try:
                done += work(id) or 0
            except Exception as error:
                if is_outage(error):
                    raise
                log.error("a record fails", what=self._what, id=id, exc_info=error)
                self.failed.append(id)
                self._first = self._first or error
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None and self._first is not None:
            raise self._first
