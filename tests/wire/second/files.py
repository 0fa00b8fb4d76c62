"""Files of notes, in both directions: section 9 of docs/partner-protocol.md."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from typing import Any

from tests.wire.second.requests import Request, Requests
from tests.wire.second.sealing import Json
from tests.wire.second.threads import Refused, Thread, new_id

RANGE = 131_072
MOST = 1_000_000
DAMAGED_TIMES = 3


@dataclass
class Coming:
    """A file of the partner's. `word`: our last one of it, `here` or the code with which it was given up."""

    offer: str
    thread: Thread
    note_id: int
    file: Json
    content: dict[int, bytes] = field(default_factory=dict)
    damaged: int = 0
    word: str | None = None

    @property
    def whole(self) -> bytes:
        return b"".join(self.content[start] for start in sorted(self.content))


class Files(Requests):
    """Offers small files, and fetches those that are offered."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.coming: dict[str, Coming] = {}  # by offer
        self.going: dict[str, tuple[Thread, bytes]] = {}  # likewise
        self.gone: dict[str, str] = {}  # the partner's last word

    def offer_file(self, request: Request, name: str, content: bytes) -> str:
        """A file of the note that we said last; gives the offer."""
        offer, note_id = new_id(), max(id for account, id in request.notes if account == self.account)
        file: Json = {"key": f"files/{offer}", "name": name, "type": "text/plain", "inline": False}
        file |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        self.going[offer] = (request.thread, content)
        body = {"episode": request.episode, "note_id": note_id, "file": file}
        self.say(request.thread, "attachment.offered.v1", body, id=offer)
        return offer

    def _hear_attachment_offered(self, thread: Thread, message: Json) -> str | None:
        body, request = message["body"], self._known(thread)
        self._check_offer(request, body)
        known = [each.file["key"] for each in self.coming.values() if each.thread is thread]
        if body["file"]["key"] not in known:
            coming = Coming(message["id"], thread, body["note_id"], body["file"])
            self.coming[coming.offer] = coming
            self._want(coming)
        return None

    def _check_offer(self, request: Request, body: Json) -> None:
        """Raises Refused."""
        if (self.partner, body["note_id"]) not in request.notes:
            raise Refused("unknown_note")
        if body["file"]["size"] > MOST:
            raise Refused("too_large")

    def _want(self, coming: Coming) -> None:
        """All that is missing, at once."""
        size = coming.file["size"]
        starts = [start for start in range(0, size, RANGE) if start not in coming.content]
        ranges = [{"start": start, "size": min(RANGE, size - start)} for start in starts]
        self._say_of(coming, ranges, None)

    def _say_of(self, coming: Coming, ranges: list[Json], code: str | None) -> None:
        body = {"offer": coming.offer, "ranges": ranges, "code": code}
        self.tell(coming.thread, "attachment.wanted.v1", body)

    def _hear_attachment_chunk(self, thread: Thread, message: Json) -> None:
        body = message["body"]
        coming = self.coming.get(body["offer"])
        if coming is None or coming.word is not None or coming.thread is not thread:
            return
        coming.content[body["start"]] = base64.b64decode(body["data"], validate=True)
        if sum(map(len, coming.content.values())) >= coming.file["size"]:
            self._look(coming)

    def _look(self, coming: Coming) -> None:
        """All of it is here: it is what was offered, or it is asked for again."""
        if self._proven(coming):
            coming.word = "here"
            self._say_of(coming, [], None)
            return
        coming.content.clear()
        coming.damaged += 1
        if coming.damaged < DAMAGED_TIMES:
            self._want(coming)
        else:
            coming.word = "damaged"
            self._say_of(coming, [], "damaged")

    def _proven(self, coming: Coming) -> bool:
        return hashlib.sha256(coming.whole).hexdigest() == coming.file["sha256"]

    def _hear_attachment_wanted(self, thread: Thread, message: Json) -> None:
        body = message["body"]
        offered, content = self.going.get(body["offer"], (None, b""))
        if offered is not thread or body["offer"] in self.gone:
            return
        if not body["ranges"]:
            self.gone[body["offer"]] = body["code"] or "here"
        for each in body["ranges"]:
            part = content[each["start"] : each["start"] + each["size"]]
            if len(part) == each["size"]:
                data = base64.b64encode(part).decode()
                said = {"offer": body["offer"], "start": each["start"], "data": data}
                self.tell(thread, "attachment.chunk.v1", said)
