"""The beginning of what is due: of a long list only that is looked at, up to when the batch before ended. A
database may sort all that it is asked about.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from services.common.database import Document

# How much further than the last batch the next look goes.
STEP: Final = timedelta(seconds=2)


class Beginning:
    """Of rows in the order of a time. `find(until, limit)` gives the first of them up to `until`; `time_of`:
    theirs. Who looks again has dealt with what was found. `more`: whether the last look left any.
    """

    def __init__(
        self,
        find: Callable[[datetime, int], list[Document]],
        time_of: Callable[[Document], datetime],
        batch: int,
    ) -> None:
        self.more = False
        self._find = find
        self._time_of = time_of
        self._batch = batch
        self._until: datetime | None = None

    def look(self, now: datetime) -> list[Document]:
        """A batch at most. Raises what `find` raises."""
        until = min(now, self._until or now)
        found = self._find(until, self._batch)
        full = len(found) == self._batch
        self._until = self._time_of(found[-1]) + STEP if full else None
        self.more = full or until < now
        return found
