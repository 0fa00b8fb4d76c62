"""Attention: what somebody has to be told of our messages.

- The partner refused one: the service that said it undoes it (rule 9 of the hand-over).
- The two sides disagree on what was said: the border is paused, and the people whom it concerns are told.
- There was no answer for too long: these people are told. That is a matter of the thread, so of what waits in
  one its first message is told, once; the rest waits with it and asks again an hour later. If the first has
  its answer by then and others have not, the first of those is told.

A message asks by the `attention` of its row (deliveries.py) until somebody was told, so a crash or an outage
costs a minute. Whoever is told twice takes it for once. Of a partner that was away for long thousands ask at
once: then a batch is taken in a sweep.

Part of the outbox, and used by its thread alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from services.common.database import Document
from services.common.verdicts import is_outage
from services.federation.incoming.handling import Correspondent
from services.federation.messages.threads import RESTORED
from services.federation.outgoing.beginning import Beginning
from services.federation.outgoing.deliveries import Deliveries, breaks_thread
from services.federation.partners.borders import Borders
from services.federation.verdicts import REFUSED

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

BATCH: Final = 100
# When it is tried again to tell somebody who could not be told.
AGAIN_SECONDS: Final = 60.0
# When the rest of a thread asks again.
REST_SECONDS: Final = 3600.0


class Attention:
    """For the messages of one service. Raises Unavailable when the database does not answer."""

    def __init__(
        self, context: Context, correspondent: Correspondent, borders: Borders, deliveries: Deliveries
    ) -> None:
        self._context = context
        self._correspondent = correspondent
        self._borders = borders
        self._deliveries = deliveries
        self._asking = Beginning(deliveries.asking_attention, lambda row: row["attention"], BATCH)

    def attend(self) -> None:
        """Tells the service what was refused, and what has had no answer for too long."""
        now = self._context.clock.now()
        until = now + timedelta(seconds=AGAIN_SECONDS)
        asking = self._first_of_threads(self._asking.look(now), now)
        ours = [row for row in asking if self._deliveries.claim(row, until)]  # or another process is at it
        self._deliveries.attended([row["_id"] for row in ours if self._told(row)], until)

    def _first_of_threads(self, asking: Sequence[Document], now: datetime) -> list[Document]:
        """The refused ones, and of each thread without an answer the first, unless it was told before."""
        wanted = [row for row in asking if row["state"] == REFUSED]
        threads: dict[str, set[str]] = {}
        for row in asking:
            if row["state"] != REFUSED:
                threads.setdefault(row["partner"], set()).add(row["thread"])
        for partner, waiting in threads.items():
            found = [self._deliveries.first_open(partner, thread) for thread in sorted(waiting)]
            first = [row for row in found if row is not None and _asks(row, now)]
            later = now + timedelta(seconds=REST_SECONDS)
            self._deliveries.ask_later(partner, waiting, [row["_id"] for row in first], now, later)
            wanted += first
        return wanted

    def _told(self, row: Document) -> bool:
        try:
            self._tell(row)
        except Exception as error:
            log.error(
                "nobody could be told what became of a message; tried again",
                id=row["_id"],
                exc_info=None if is_outage(error) else error,
            )
            return False
        return True

    def _tell(self, row: Document) -> None:
        if breaks_thread(row):
            self._borders.pause(row["partner"], row["refused_code"])
            self._correspondent.unanswered(self._context, row)
        elif row["type"] == RESTORED:
            return  # of no record
        elif row["state"] == REFUSED:
            self._correspondent.refused(self._context, row["partner"], row, row["refused_code"])
        else:
            self._correspondent.unanswered(self._context, row)


def _asks(row: Document, now: datetime) -> bool:
    return "attention" in row and row["attention"] <= now
