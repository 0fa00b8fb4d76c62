"""Serving: partners ask for pieces of what we have offered them.

A piece is read when it is its turn to be sent (owing.py), so a large file costs no memory, and whoever asks
for much waits for himself. What was not offered to him, or refused by him, he does not get, and no answer.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.common import attachments
from services.common.database import Document, answering
from services.common.errors import NotFound
from services.federation.files import Files
from services.federation.messages.attachments import CHUNK, OFFERED
from services.federation.outgoing.owing import Piece
from services.federation.outgoing.words import Word
from services.federation.sealing.envelope import Message, read_verified
from services.federation.stored import OUTBOX
from services.federation.verdicts import REFUSED

if TYPE_CHECKING:
    from services.common.context import Context


@dataclass(frozen=True)
class Wanted:
    """A piece that a partner wants: so many bytes of a file from `start` on."""

    partner: str
    thread: str
    offer: str
    file: str
    start: int
    size: int

    def word(self, context: Context) -> Word | None:
        stop = self.start + self.size
        try:
            data = b"".join(attachments.read(context.database, self.file, self.start, stop))
        except NotFound:
            return None
        body = {"offer": self.offer, "start": self.start, "data": base64.b64encode(data).decode()}
        return Word(self.partner, self.thread, CHUNK, body)


class Serving:
    """Of one service. `serve(partner, piece)` has a piece sent, or says that too many wait already."""

    def __init__(self, context: Context, files: Files, serve: Callable[[str, Piece], bool]) -> None:
        self._context = context
        self._files = files
        self._serve = serve

    def take(self, message: Message) -> None:
        """A verified `attachment.wanted`. Raises Unavailable."""
        partner, body = message.sender, message.body
        row = self._offer(message)
        if row is None:
            return
        offered = read_verified(bytes(row["sealed"])).body
        if not body["ranges"]:
            self._files.settled(self._context, partner, offered, body["code"])
            return
        file = self._files.lies(self._context, offered)
        if file is None:
            return
        for each in body["ranges"]:
            within = each["start"] + each["size"] <= offered["file"]["size"]
            piece = Wanted(partner, message.thread, row["_id"], file, each["start"], each["size"])
            if not within or not self._serve(partner, piece):
                return

    def _offer(self, message: Message) -> Document | None:
        """What this partner was offered in this thread, and has not refused."""
        offer = {"_id": message.body["offer"], "partner": message.sender, "thread": message.thread}
        with answering():
            return self._context.database[OUTBOX.name].find_one(
                {**offer, "type": OFFERED, "state": {"$ne": REFUSED}}, {"sealed": 1}
            )
