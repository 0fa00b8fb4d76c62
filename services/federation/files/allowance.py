"""How much of one partner's files is taken in a day: counted per hour, in one document per partner.

What it promises: in any 24 hours no more is taken than there is room for, whoever takes it in whatever
process. What it costs does not grow with what was taken: a count per hour of the last day, and the offers
that are being taken.

An offer is counted before the save that takes it, and once. A crash between the two has the message come
again, and it is found among those `counted`; it leaves them when its row is in `coming_files`, or when its
hour is over a day ago. What was counted stays counted when the file does not come, or is not taken in after
all: its bytes were on the way.
"""

from __future__ import annotations

from collections.abc import Collection as Some
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import DuplicateKeyError

from services.common.database import Document, answering
from services.common.errors import Stale
from services.common.store import Collection, decide_again
from services.federation.files import COMING

if TYPE_CHECKING:
    from services.common.context import Context

ALLOWANCES: Final = Collection("file_allowances", records=False)
"""{_id: partner, version, hours: {hour: bytes}, counted: {offer: hour}}; an hour by its number since 1970."""

HOUR_SECONDS: Final = 3600
HOURS: Final = 25
"""The one that runs, and what the last 24 hours touch before it."""


@dataclass(frozen=True)
class Taken:
    """Of one partner: bytes by hour, and the offers whose save is not known to be done, with their hours."""

    hours: Mapping[int, int] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(self.hours.values())

    def at(self, now: datetime, landed: Some[str] = ()) -> Taken:
        """What still counts, without the offers of which the rows are there."""
        first = hour_of(now) - HOURS + 1
        hours = {hour: size for hour, size in self.hours.items() if hour >= first}
        waiting = {id: hour for id, hour in self.counted.items() if hour >= first and id not in landed}
        return Taken(hours, waiting)

    def with_one(self, offer: str, size: int, room: int, now: datetime) -> Taken | None:
        """After one more; None when there is no room for it. One that was counted is not counted again."""
        if offer in self.counted:
            return self
        if self.bytes + size > room:
            return None
        hour = hour_of(now)
        hours = {**self.hours, hour: self.hours.get(hour, 0) + size}
        return Taken(hours, {**self.counted, offer: hour})


def hour_of(at: datetime) -> int:
    return int(at.timestamp()) // HOUR_SECONDS


@decide_again
def take(context: Context, partner: str, offer: str, size: int, room: int) -> bool:
    """Counts the file of an offer; False when that would be more than `room` bytes. Raises Unavailable."""
    documents, now = context.database[ALLOWANCES.name], context.clock.now()
    with answering():
        found: Document = documents.find_one({"_id": partner}) or {}
        known = _read(found)
        waiting = {"_id": {"$in": [each for each in known.counted if each != offer]}}
        landed = {row["_id"] for row in context.database[COMING.name].find(waiting, {"_id": 1})}
        taken = known.at(now, landed).with_one(offer, size, room, now)
        if taken is None:
            return False
        if offer not in known.counted:
            _write(documents, partner, found.get("version"), taken)
    return True


def _read(document: Mapping[str, Any]) -> Taken:
    hours = {int(hour): size for hour, size in document.get("hours", {}).items()}
    return Taken(hours, document.get("counted", {}))


def _write(documents: Any, partner: str, version: int | None, taken: Taken) -> None:
    """Raises Stale."""
    fields = {"hours": {str(hour): size for hour, size in taken.hours.items()}, "counted": taken.counted}
    if version is None:
        try:
            documents.insert_one({"_id": partner, "version": 1, **fields})
        except DuplicateKeyError as error:
            raise Stale() from error
        return
    seen = {"_id": partner, "version": version}
    if documents.update_one(seen, {"$set": {"version": version + 1, **fields}}).matched_count == 0:
        raise Stale()
