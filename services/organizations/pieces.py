"""Files in pieces: what is imported, and what was exported. No file is ever whole in memory.

A piece is a document `{_id: "<file>:<n>", data}`. Writing one again changes nothing.
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


def put(database: Database[Document], file: str, n: int, data: bytes) -> None:
    """Keeps the nth piece (from 0) of a file. Raises Unavailable."""
    with answering():
        database[TRANSFER_PIECES].replace_one({"_id": _id(file, n)}, {"data": data}, upsert=True)


def read(database: Database[Document], file: str, offset: int = 0) -> Iterator[bytes]:
    """The bytes of a file from `offset` on, piece by piece; all but the last one are of PIECE_BYTES. Raises
    Unavailable.
    """
    n, within = divmod(offset, PIECE_BYTES)
    while (piece := _piece(database, file, n)) is not None:
        yield piece[within:]
        n, within = n + 1, 0


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
