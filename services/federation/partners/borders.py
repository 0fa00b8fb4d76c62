"""What a service remembers of each partner's border besides messages: the collection `borders`.

    {_id: partner, heard_at, paused: {code, at} | absent, failing: {code, text, since} | absent,
    clock: {code, seconds, at} | absent, quarantined_bytes, dropped, dropped_at}

`failing` stands while deliveries to the partner fail. `dropped` counts what came while the partner's
quarantine was full: it was let go unread, the last one at `dropped_at`.

A border is paused when the two sides prove to disagree on what was said (`sequence_conflict`,
`chain_broken`, `second_deployment`): then nothing more is taken from the partner or sent to it by this
service, receipts apart, until a person resumes it. `clock` says that the partner's clock is further ahead of
ours than may be (`clocks`); that stops nothing, and goes when its messages are in time again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog
from pymongo.errors import DuplicateKeyError

from services.common.database import Document, answering
from services.federation import clocks
from services.federation.metrics import CLOCK_AHEAD_SECONDS, PAUSED
from services.federation.stored import BORDERS

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

QUARANTINE_BYTES: Final = 16 * 1024 * 1024
HEARD_SECONDS: Final = 2.0


class Borders:
    """The borders of one service. Every method raises Unavailable when the database does not answer."""

    def __init__(
        self,
        context: Context,
        *,
        quarantine_bytes: int = QUARANTINE_BYTES,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._quarantine_bytes = quarantine_bytes
        self._documents = context.database[BORDERS.name]
        self._monotonic = monotonic
        self._noted: dict[str, float] = {}
        self._ahead: dict[str, bool] = {}
        self._paused_here: set[str] = set()
        self._paused: tuple[float, dict[str, Document]] | None = None  # when it was read, and what it was

    def heard(self, partner: str) -> None:
        """Notes that a verified message came, at most every two seconds; other relays look at it."""
        now = self._monotonic()
        if now - self._noted.get(partner, -HEARD_SECONDS) < HEARD_SECONDS:
            return
        self._noted[partner] = now
        with answering():
            self._documents.update_one(
                {"_id": partner}, {"$set": {"heard_at": self._context.clock.now()}}, upsert=True
            )

    def wrote(self, partner: str, at: datetime) -> None:
        """Notes whether a verified message of the partner was written in our future."""
        now = self._context.clock.now()
        ahead = clocks.is_ahead(at, now)
        if self._ahead.get(partner) is ahead:
            return
        seconds = round((at - now).total_seconds()) if ahead else 0
        clock = {"clock": {"code": clocks.CLOCK_AHEAD, "seconds": seconds, "at": now}}
        with answering():
            self._documents.update_one(
                {"_id": partner}, {"$set": clock} if ahead else {"$unset": {"clock": ""}}, upsert=ahead
            )
        self._ahead[partner] = ahead
        CLOCK_AHEAD_SECONDS.labels(self._context.account, self._context.service, partner).set(seconds)
        if ahead:
            log.error(
                "a partner's clock is ahead of ours, or ours is behind", partner=partner, **clock["clock"]
            )

    def heard_at(self, partner: str) -> datetime | None:
        heard: datetime | None = self._document(partner).get("heard_at")
        return heard

    def pause(self, partner: str, code: str) -> None:
        """Stops all from and to the partner in this service. The first reason stands."""
        log.error(
            "the border to a partner is paused: we disagree on what was said", partner=partner, code=code
        )
        self._gauge(partner, 1)
        paused = {"paused": {"code": code, "at": self._context.clock.now()}}
        with answering():
            self._documents.update_one({"_id": partner}, {"$setOnInsert": {"heard_at": None}}, upsert=True)
            self._documents.update_one({"_id": partner, "paused": {"$exists": False}}, {"$set": paused})
        self._paused_here.add(partner)
        self._paused = None

    def resume(self, partner: str) -> bool:
        """A person has looked. False when the border was not paused."""
        self._gauge(partner, 0)
        self._paused_here.discard(partner)
        with answering():
            result = self._documents.update_one(
                {"_id": partner, "paused": {"$exists": True}}, {"$unset": {"paused": ""}}
            )
        self._paused = None
        return result.matched_count > 0

    def is_paused(self, partner: str) -> bool:
        paused = partner in self.paused()
        self._gauge(partner, int(paused))
        return paused

    def was_paused_here(self, partner: str) -> bool:
        """Whether this process has paused the border: what it asks before each delivery, without a query."""
        return partner in self._paused_here

    def paused(self) -> dict[str, Document]:
        """`{partner: {code, at}}` of all paused ones; of those that another process has paused or resumed it
        may be one sweep old.
        """
        now, kept = self._monotonic(), self._paused
        if kept is None or now - kept[0] >= self._context.config.sweep_seconds:
            kept = self._paused = (now, self._read_paused())
        return dict(kept[1])

    def _read_paused(self) -> dict[str, Document]:
        # Only what was paused before the query is known to be resumed when the query doesn't find it.
        known = set(self._paused_here)
        with answering():
            found = list(self._documents.find({"paused": {"$exists": True}}, {"paused": 1}))
        paused = {document["_id"]: document["paused"] for document in found}
        self._paused_here -= known - paused.keys()
        return paused

    def failing(self, partner: str, code: str, text: str) -> None:
        """Nothing can be delivered to the partner. `since` is of the first failure in a row."""
        told = {"failing.code": code, "failing.text": text}
        failing = {"code": code, "text": text, "since": self._context.clock.now()}
        with answering():
            known = self._documents.update_one({"_id": partner, "failing": {"$exists": True}}, {"$set": told})
            if known.matched_count == 0:
                self._documents.update_one({"_id": partner}, {"$set": {"failing": failing}}, upsert=True)

    def delivering(self, partner: str) -> None:
        """What is said to the partner arrives at his border."""
        with answering():
            self._documents.update_one({"_id": partner}, {"$unset": {"failing": ""}})

    def room_in_quarantine(self, partner: str, size: int) -> bool:
        """Takes `size` bytes of the partner's quota. False when they are not left."""
        room = {"_id": partner, "quarantined_bytes": {"$not": {"$gt": self._quarantine_bytes - size}}}
        with answering():
            try:
                self._documents.update_one(room, {"$inc": {"quarantined_bytes": size}}, upsert=True)
            except DuplicateKeyError:  # there is a document and it has no room
                return False
        return True

    def dropped(self, partner: str) -> None:
        """A delivery found no room in quarantine."""
        change = {"$inc": {"dropped": 1}, "$set": {"dropped_at": self._context.clock.now()}}
        with answering():
            self._documents.update_one({"_id": partner}, change)

    def left_quarantine(self, partner: str, size: int) -> None:
        with answering():
            self._documents.update_one({"_id": partner}, {"$inc": {"quarantined_bytes": -size}})

    def emptied_quarantine(self, partner: str, left_bytes: int) -> None:
        """There is room again; what was dropped before is no news any more."""
        change = {"$set": {"quarantined_bytes": left_bytes}, "$unset": {"dropped": "", "dropped_at": ""}}
        with answering():
            self._documents.update_one({"_id": partner}, change)

    def _document(self, partner: str) -> Document:
        with answering():
            return self._documents.find_one({"_id": partner}) or {}

    def _gauge(self, partner: str, value: int) -> None:
        PAUSED.labels(self._context.account, self._context.service, partner).set(value)
