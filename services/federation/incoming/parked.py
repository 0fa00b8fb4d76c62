"""Parked messages: what a person does with one (inbox.py tells how a message comes to be parked)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from services.common.database import Document, answering
from services.common.errors import Conflict, NotFound
from services.federation.incoming.handling import Correspondent
from services.federation.incoming.inbox import Inbox
from services.federation.incoming.intake import Taken
from services.federation.incoming.quarantine import Quarantine
from services.federation.sealing.envelope import Unverified
from services.federation.stored import INBOX, PARKED, REVOKED_KEY, WAITING
from services.federation.thread_errors import AlreadyApplied, NotInThread, ThreadError, UnknownThread
from services.federation.threads import KINDS, ThreadId
from services.federation.verdicts import refused

if TYPE_CHECKING:
    from services.common.context import Context

log = structlog.get_logger(__name__)


class ParkedMessages:
    """Of one service. Every method raises Unavailable when the database does not answer."""

    def __init__(
        self, context: Context, correspondent: Correspondent, *, inbox: Inbox, quarantine: Quarantine
    ) -> None:
        self._context = context
        self._correspondent = correspondent
        self._inbox = inbox
        self._quarantine = quarantine
        self._rows = context.database[INBOX.name]

    def replay(self, id: str) -> None:
        """Handles a parked message again, as one that a person approves. Raises NotFound, Conflict
        `not_parked`.
        """
        row, now = self._parked(id), self._context.clock.now()
        again = {"state": WAITING, "attempts": 0, "due": now, "approved_at": now}
        with answering():
            self._rows.update_one({"_id": id, "state": PARKED}, {"$set": again, "$unset": {"parked_at": ""}})
        self._inbox.apply(Taken({**row, **again}))

    def discard(self, id: str) -> None:
        """Goes past a parked message; the sender is told `refused: discarded`.

        Raises NotFound, Conflict: `not_parked`, or the code of what stands in the way (`gap`: something
        before it is not applied).
        """
        row = self._parked(id)
        if row["code"] == REVOKED_KEY:
            self._forget(row)
            return
        message = Taken(row).read()
        verdict = refused("discarded")
        if KINDS[ThreadId.parse(message.thread).kind] == self._context.service:
            try:
                self._correspondent.discard(self._context, message)
            except AlreadyApplied as error:
                verdict = error.verdict
            except (NotInThread, UnknownThread):
                log.info("a message of no thread of ours is discarded", thread=message.thread)
            except ThreadError as error:
                text = (
                    f"It is not the next one of its thread: {error}. Replay or discard what comes before it."
                )
                raise Conflict(error.code, text) from error
        following = self._inbox.conclude(row, verdict)
        if following is not None:
            self._inbox.apply(following)

    def _forget(self, row: Document) -> None:
        """Nobody is proven to have said it, so nobody is told and its place is free for who can prove it."""
        self._quarantine.keep(row["partner"], row["sealed"], Unverified(REVOKED_KEY, "discarded by a person"))
        with answering():
            self._rows.delete_one({"_id": row["_id"], "state": PARKED})

    def _parked(self, id: str) -> Document:
        with answering():
            row = self._rows.find_one({"_id": id})
        if row is None:
            raise NotFound("not_found", "There is no such message.")
        if row["state"] != PARKED:
            raise Conflict("not_parked", f"The message is not parked: it is {row['state']}.")
        return row
