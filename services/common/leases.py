"""Leases: of several processes one does a thing, and another takes over when it dies.

A lease is a document `{_id: name, holder, until}` in `leases`. It is taken, kept and given up by
compare-and-set; while more than half of it is left, keeping it asks nobody. It bounds doubled work, it does
not exclude it: a holder that stalls longer than the lease and wakes up again does not know it has lost it. So
what is done under a lease must bear being done twice. Times are the database clients' own; clocks that differ
by seconds shift when a lease ends, nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from types import TracebackType

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common.clock import Clock, SystemClock
from services.common.database import Document, answering

COLLECTION = "leases"


class Lease:
    """One name's lease, seen by one would-be holder."""

    def __init__(
        self,
        database: Database[Document],
        name: str,
        holder: str,
        seconds: float,
        clock: Clock | None = None,
    ) -> None:
        self._leases = database[COLLECTION]
        self._clock = clock or SystemClock()
        self.name = name
        self.holder = holder
        self.seconds = seconds
        self._until: datetime | None = None

    def acquire(self) -> bool:
        """Takes or keeps the lease for `seconds`; False while another holds it. Raises `Unavailable`."""
        now = self._clock.now()
        if self._until is not None and self.seconds / 2 < (self._until - now).total_seconds() <= self.seconds:
            return True
        taken = self._acquire(now)
        self._until = now + timedelta(seconds=self.seconds) if taken else None
        return taken

    def _acquire(self, now: datetime) -> bool:
        held = {"holder": self.holder, "until": now + timedelta(seconds=self.seconds)}
        free_or_ours = {"_id": self.name, "$or": [{"holder": self.holder}, {"until": {"$lte": now}}]}
        with answering():
            if self._leases.update_one(free_or_ours, {"$set": held}).matched_count:
                return True
            try:
                self._leases.insert_one({"_id": self.name, **held})
            except DuplicateKeyError:
                return False
        return True

    def release(self) -> None:
        """Gives it up, if it is ours, so that the next need not wait. Raises `Unavailable`."""
        self._until = None
        with answering():
            self._leases.update_one(
                {"_id": self.name, "holder": self.holder}, {"$set": {"until": self._clock.now()}}
            )

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.release()
