"""Attachments' bytes, in the database of the service whose records they are on. See the package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from services.common.attachments.content import Judge, Refused
from services.common.attachments.names import clean, key_of
from services.common.context import Context
from services.common.database import REPEATABLE, Document, answering
from services.common.errors import Invalid, NotFound
from services.common.store import Collection, Index

PIECE_BYTES: Final = 128 * 1024
"""So that a piece fits into a message: sealed, it is twice in base64."""
MAX_UNNAMED: Final = 100
UNNAMED_SIZES: Final = 10
"""How many files of the greatest size one person may have uploaded and not named."""

FILES: Final = Collection(
    "attachments.files",
    (
        Index("metadata.id", unique=True, sparse=True),
        Index("metadata.key", unique=True, sparse=True),
        Index("metadata.unnamed_since", sparse=True),
        Index(["metadata.uploader", "metadata.unnamed_since"]),
    ),
    records=False,
)
PIECES: Final = Collection("attachments.chunks", (Index(["files_id", "n"], unique=True),), records=False)
COLLECTIONS: Final = (FILES, PIECES)

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)  # a range, which an index answers; "is there" may scan


def begin(
    context: Context,
    *,
    room: int,
    person_id: int | None = None,
    id: int | None = None,
    key: str | None = None,
) -> str:
    """A file that is coming, of at most `room` bytes; what it is called by `write` and `finish`. It is the
    uploading person's, and counts against what he may have unnamed, or else (a partner's) nobody's. `id` and
    `key`: where it has them before it is here.

    Raises Invalid `too_large`, `uploads_full`.
    """
    check_size(context, room)
    file, now = context.new_uuid(), context.clock.now()
    known = {"id": id, "key": key, "uploader": person_id}
    metadata = {name: value for name, value in known.items() if value is not None}
    document = {
        "_id": file,
        "length": room,
        "chunkSize": PIECE_BYTES,
        "uploadDate": now,
        "metadata": {**metadata, "state": "coming", "unnamed_since": now},
    }
    with answering():
        _files(context.database).insert_one(document)
    if person_id is not None and not _has_room(context, person_id):
        drop(context, file)
        raise Invalid(
            "uploads_full",
            "You have uploaded much that no record has yet: put it on one, or try again tomorrow.",
            [("file", "is more than you may have uploaded without putting it on a record")],
        )
    return file


def write(context: Context, file: str, n: int, piece: bytes, person_id: int | None = None) -> None:
    """The nth piece, from 0: `PIECE_BYTES`, the last one less. Of two of one number the first stays.

    Raises NotFound unless it is that person's and still coming, Invalid `too_large`.
    """
    document = _coming(context, file, person_id)
    if not 0 < len(piece) <= PIECE_BYTES or n < 0 or n * PIECE_BYTES + len(piece) > document["length"]:
        raise Invalid("too_large", errors=[("file", "is larger than was said")])
    pieces = context.database.get_collection(PIECES.name, write_concern=REPEATABLE)
    with answering():
        try:
            # What `finish` has looked at must be what stays.
            pieces.insert_one({"files_id": file, "n": n, "data": piece})
        except DuplicateKeyError:
            return


def pieces_here(context: Context, file: str) -> frozenset[int]:
    """The numbers of those pieces of a file that have been written."""
    with answering():
        found = context.database[PIECES.name].find({"files_id": file}, {"n": 1})
        return frozenset(each["n"] for each in found)


def finish(
    context: Context,
    file: str,
    *,
    name: str,
    declared: str | None = None,
    id: int | None = None,
    key: str | None = None,
    person_id: int | None = None,
    expected: tuple[int, str] | None = None,
    inline: bool = False,
) -> Document:
    """The file is here, once all of it was looked at: `attachment_of` it. `declared` is the media type that
    the sender says, `expected` the size and SHA-256 that it must have, `inline` that a text shows it. `id`
    and `key` are new ones where they are not given here or to `begin`. What is refused is gone.

    Raises NotFound unless it is that person's and still coming; Invalid `damaged` and what `Judge.verdict`
    refuses.
    """
    document = _coming(context, file, person_id)
    name = clean(name)
    judge, digest, size = Judge(name), hashlib.sha256(), 0
    for piece in _pieces(context.database, file, 0):
        judge.see(piece)
        digest.update(piece)
        size += len(piece)
    try:
        if expected is not None and expected != (size, digest.hexdigest()):
            raise Refused("damaged", "is not what was promised: its size or its hash differ")
        judged = judge.verdict(declared)
    except Refused as refused:
        drop(context, file)
        raise Invalid(refused.code, errors=[("file", refused.text)]) from refused
    known = document["metadata"]
    key = known.get("key") or key or key_of(file.replace("-", ""), name)
    kept = {
        "length": size,
        "filename": name,
        "metadata.state": "here",
        "metadata.id": known.get("id") or id or context.ids.next("attachment"),
        "metadata.key": key,
        "metadata.type": judged.type,
        "metadata.displayable": judged.displayable,
        "metadata.sha256": digest.hexdigest(),
    }
    with answering():
        try:
            _files(context.database).update_one({"_id": file, "metadata.state": "coming"}, {"$set": kept})
        except DuplicateKeyError:  # somebody else has brought it meanwhile
            drop(context, file)
    made = find(context.database, key)
    if made is None:
        raise NotFound()
    return attachment_of(made, inline)


def find(database: Database[Document], key: str) -> Document | None:
    """The document of a file that is here."""
    with answering():
        found = _files(database).find_one({"metadata.key": key})
    return found if found is not None and found["metadata"]["state"] == "here" else None


def find_by_id(database: Database[Document], id: int) -> Document | None:
    """The document of a file that is here."""
    with answering():
        found = _files(database).find_one({"metadata.id": id})
    return found if found is not None and found["metadata"]["state"] == "here" else None


def attachment_of(document: Mapping[str, Any], inline: bool = False) -> Document:
    """What a record holds of a file: `{id, key, name, size, type, displayable, inline, sha256}`. It is
    `inline` where that is asked and browsers may show it."""
    metadata = document["metadata"]
    return {
        "id": metadata["id"],
        "key": metadata["key"],
        "name": document["filename"],
        "size": document["length"],
        "type": metadata["type"],
        "displayable": metadata["displayable"],
        "inline": inline and metadata["displayable"],
        "sha256": metadata["sha256"],
    }


def read(database: Database[Document], file: str, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` up to `stop`, piece by piece: one is in memory at a time. Raises NotFound when
    the file ends before, or is swept meanwhile.
    """
    at = start - start % PIECE_BYTES
    for piece in _pieces(database, file, at // PIECE_BYTES):
        yield piece[max(0, start - at) : stop - at]
        at += len(piece)
        if at >= stop:
            return
    if start < stop:
        raise NotFound()


def drop(context: Context, file: str) -> None:
    """Deletes a file. What a crash leaves of it the sweep deletes."""
    with answering():
        context.database[PIECES.name].delete_many({"files_id": file})
        _files(context.database).delete_one({"_id": file})


def drop_coming(context: Context, file: str, person_id: int | None) -> None:
    """As `drop`, of what is still coming. Raises NotFound unless it is that person's."""
    _coming(context, file, person_id)
    drop(context, file)


def check_size(context: Context, size: int) -> None:
    """Raises Invalid `too_large`."""
    if size > context.config.attachment_bytes:
        most = f"is larger than {context.config.attachment_megabytes} MB"
        raise Invalid("too_large", errors=[("file", most)])


def _has_room(context: Context, person_id: int) -> bool:
    """Whether a person's unnamed uploads, the one that begins now among them, are within his quota. Each
    counts itself before it asks, so two at once can't both slip in."""
    mine = {"metadata.uploader": person_id, "metadata.unnamed_since": {"$gt": EVER}}
    with answering():
        found = list(_files(context.database).find(mine, {"length": 1}).limit(MAX_UNNAMED + 1))
    room = UNNAMED_SIZES * context.config.attachment_bytes
    return len(found) <= MAX_UNNAMED and sum(each["length"] for each in found) <= room


def _coming(context: Context, file: str, person_id: int | None) -> Document:
    """Raises NotFound for what is not coming, or is another's."""
    with answering():
        found: Document | None = _files(context.database).find_one({"_id": file})
    if found is None or found["metadata"]["state"] != "coming":
        raise NotFound()
    if found["metadata"].get("uploader") != person_id:
        raise NotFound()
    return found


def _pieces(database: Database[Document], file: str, n: int) -> Iterator[bytes]:
    """The pieces from the nth on, each read when it is its turn, up to the first that is not full."""
    while True:
        with answering():
            found = database[PIECES.name].find_one({"files_id": file, "n": n}, {"data": 1})
        if found is None:
            return
        yield bytes(found["data"])
        if len(found["data"]) < PIECE_BYTES:
            return
        n += 1


def _files(database: Database[Document]) -> Any:
    return database[FILES.name]
