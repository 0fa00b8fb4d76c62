"""Files in pieces: what is imported, and what was exported. No file is ever whole in memory.

A piece is a document `{_id: "<file>:<n>", data}`. Writing one again changes nothing. A file that is let go of
while it is read breaks off with FileGone: what was read of it so far shall not be taken for the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pymongo.database import Database

from services.common.database import Document, answering
from services.organizations.store import TRANSFER_PIECES

PIECE_BYTES: Final = 256 * 1024
MAX_FILE_BYTES: Final = 32 * 1024 * 1024
"""Of a file to be imported."""


class FileGone(Exception):
    """A file, or what it is made of, was let go of before it was read to its end."""


def put(database: Database[Document], file: str, n: int, data: bytes) -> None:
    """Keeps the nth piece (from 0) of a file. Raises Unavailable."""
    with answering():
        database[TRANSFER_PIECES].replace_one({"_id": _id(file, n)}, {"data": data}, upsert=True)


def read(database: Database[Document], file: str, count: int, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a file of `count` pieces, piece by piece. An `offset` other than 0 is for files whose
    pieces but the last are all of PIECE_BYTES. Raises FileGone, Unavailable.
    """
    first, within = divmod(offset, PIECE_BYTES)
    for n in range(first, count):
        piece = _piece(database, file, n)
        if piece is None:
            raise FileGone(f"{file}: piece {n} of {count} is gone")
        yield piece[within:]
        within = 0


def remove(database: Database[Document], file: str, count: int) -> None:
    """Lets go of the pieces of a file. Raises Unavailable."""
    with answering():
        for n in range(count):
            database[TRANSFER_PIECES].delete_one({"_id": _id(file, n)})


def _piece(database: Database[Document], file: str, n: int) -> bytes | None:
    with answering():
        found: Any = database[TRANSFER_PIECES].find_one({"_id": _id(file, n)})
    return None if found is None else bytes(found["data"])


def _id(file: str, n: int) -> str:
    return f"{file}:{n}"
