"""The talk's files: what a side offers, and what became of what the other has offered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from services.common import attachments
from services.common.context import Context
from services.common.database import Document
from services.federation import files
from services.federation.sealing.envelope import Message

SHOWN = "talk_files"


class TalkFiles:
    """A service's files as `files.Files` says: what they show is kept by the partner's name of the file.

    `loses`: so many times what a partner wants is as if it had not come.
    """

    def __init__(self) -> None:
        self.loses = 0

    def lies(self, context: Context, offered: Mapping[str, Any]) -> str | None:
        if self.loses:
            self.loses -= 1
            return None
        found = attachments.find(context.database, offered["file"]["key"])
        return None if found is None else str(found["_id"])

    def shows(self, context: Context, row: Mapping[str, Any]) -> None:
        shown = {"state": row["state"], "code": row["code"], "here": row.get("here")}
        context.database[SHOWN].update_one({"_id": row["_id"]}, {"$set": shown}, upsert=True)

    def settled(self, context: Context, partner: str, offered: Mapping[str, Any], code: str | None) -> None:
        word = {"partner": partner, "settled": code or "here"}
        context.database[SHOWN].update_one({"_id": offered["file"]["key"]}, {"$set": word}, upsert=True)


def row_of(context: Context, message: Message, code: str | None) -> Document:
    """The row of an offer that is taken, or refused."""
    about = message.id, message.sender, message.thread
    file, id, at = message.body["file"], context.ids.next("attachment"), context.clock.now()
    if code is None:
        return files.coming(*about, file=file, id=id, at=at)
    return files.refused(*about, file=file, id=id, at=at, code=code)


def prepare(context: Context) -> None:
    for collection in (files.COMING, *attachments.COLLECTIONS):
        collection.ensure(context.database)


def keep(context: Context, content: bytes, name: str = "trace.log") -> dict[str, Any]:
    """Puts a file into the side's own database; how it is offered."""
    file = attachments.begin(context, room=len(content))
    size = attachments.PIECE_BYTES
    for n in range(-(-len(content) // size)):
        attachments.write(context, file, n, content[n * size : (n + 1) * size])
    made = attachments.finish(context, file, name=name)
    sha256 = hashlib.sha256(content).hexdigest()
    return {"name": name, "type": made["type"], "size": len(content), "sha256": sha256, "inline": False} | {
        "key": made["key"]
    }


def here(context: Context) -> list[bytes]:
    """The files that came, whole."""
    found = context.database[SHOWN].find({"state": files.IS_HERE})
    return [_bytes(context, each["here"]["id"]) for each in found]


def _bytes(context: Context, id: int) -> bytes:
    document = attachments.find_by_id(context.database, id)
    assert document is not None
    return b"".join(attachments.read(context.database, document["_id"], 0, document["length"]))
