"""Quarantine: deliveries that nobody is proven to have sent, kept for a person to look at, within a byte
quota.

They move nothing, block nothing and get no receipt. One kind may still become a message: the one sealed with
a key that we don't know yet. It is tried again with a fresh ring for fifteen minutes, and stays here after
that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import structlog

from services.common.database import Document, answering
from services.federation.metrics import DROPPED, QUARANTINED
from services.federation.partners.borders import Borders
from services.federation.sealing.envelope import MAX_SEALED_BYTES, Unverified
from services.federation.stored import QUARANTINE

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)

UNKNOWN_KEY: Final = "unknown_key"
UNKNOWN_KEY_SECONDS: Final = 900
RETRY_SECONDS: Final = 15


@dataclass(frozen=True)
class Delivery:
    """What came out of a partner's lane, untouched. `exchange` is the one it was published to."""

    partner: str
    exchange: str
    properties: dict[str, Any]
    raw: bytes = field(repr=False)


class Quarantine:
    """The quarantine of one service. Every method raises Unavailable when the database does not answer."""

    def __init__(self, context: Context, borders: Borders) -> None:
        self._context = context
        self._borders = borders
        self._documents = context.database[QUARANTINE.name]

    def keep(self, partner: str, raw: bytes, error: Unverified) -> None:
        """Keeps the bytes with the code of the check that failed, as far as the partner's quota goes."""
        context = self._context
        QUARANTINED.labels(context.account, context.service, partner, error.code).inc()
        log.warning("a delivery is not believed", partner=partner, code=error.code, text=error.text)
        kept = raw[:MAX_SEALED_BYTES]
        if not self._borders.room_in_quarantine(partner, len(kept)):
            log.warning("the quarantine of a partner is full; the bytes are dropped", partner=partner)
            DROPPED.labels(context.account, context.service, partner).inc()
            self._borders.dropped(partner)
            return
        now = context.clock.now()
        document: Document = {
            "_id": context.new_uuid(),
            "partner": partner,
            "code": error.code,
            "text": error.text,
            "sealed": kept,
            "size": len(raw),
            "received_at": now,
        }
        if error.code == UNKNOWN_KEY:
            document["due"] = now + timedelta(seconds=RETRY_SECONDS)
            document["until"] = now + timedelta(seconds=UNKNOWN_KEY_SECONDS)
        with answering():
            self._documents.insert_one(document)

    def try_again(self, take: Callable[[str, bytes], None], limit: int = 100) -> int:
        """Has `take` look at what is due; it raises Unverified when nothing has changed. Gives how many
        passed.
        """
        now = self._context.clock.now()
        with answering():
            due = list(self._documents.find({"due": {"$lte": now}}).sort([("due", 1)]).limit(limit))
        return sum(self._passes(document, take, now) for document in due)

    def empty(self, partner: str) -> int:
        """Lets go of the partner's deliveries, but for those that are still tried again. Gives how many."""
        with answering():
            gone = self._documents.delete_many({"partner": partner, "due": {"$exists": False}}).deleted_count
            left = list(self._documents.find({"partner": partner}, {"size": 1}))
        self._borders.emptied_quarantine(partner, sum(min(row["size"], MAX_SEALED_BYTES) for row in left))
        log.warning("a person emptied the quarantine of a partner", partner=partner, deliveries=gone)
        return gone

    def _passes(self, document: Document, take: Callable[[str, bytes], None], now: datetime) -> bool:
        one = {"_id": document["_id"]}
        try:
            take(document["partner"], document["sealed"])
        except Unverified as error:
            change: Document = {"$set": {"code": error.code, "text": error.text}, "$inc": {"tries": 1}}
            if error.code == UNKNOWN_KEY and now < document["until"]:
                change["$set"]["due"] = now + timedelta(seconds=RETRY_SECONDS)
            else:
                change["$unset"] = {"due": "", "until": ""}
            with answering():
                self._documents.update_one(one, change)
            return False
        with answering():
            if self._documents.delete_one(one).deleted_count:
                self._borders.left_quarantine(document["partner"], len(document["sealed"]))
        return True
