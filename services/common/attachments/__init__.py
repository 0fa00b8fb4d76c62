"""Attachments: files on the records of a service, kept in its own database (docs/attachments.md).

What it promises
    A file is looked at as a whole before anybody can have it, by its bytes and not by its name (`content`).
    It is taken in and given out a piece at a time, so its size costs no memory. The record alone says which
    files it has (`naming`), in the same save as all else of it, so nothing is ever half attached. An upload
    that no record names within a day is swept, and so is what a record has lost; what one person has uploaded
    and not named is bounded, so nobody can fill the disk by uploading.

The documents
    GridFS' own layout, so that its tools can read them: `attachments.files` and `attachments.chunks`, with
    pieces of `files.PIECE_BYTES`. `metadata` of a file:

    state          `coming` until all of it was looked at, then `here`; `length` is the room it may take, then
                   its size
    id, key        an integer, unique in the account, that its address ends with; and what records name it by
    type           the media type to serve it with; `displayable`: browsers may show it
    sha256         of all of it
    uploader       the id of the person who has uploaded it: only he can put it on a record
    unnamed_since  the sweep looks a day later whether any record names it; absent once it was named

    Pieces are written once and never changed: what was looked at is what is given out. New ids come from one
    service, the one that uploads go to (docs/adr/0026); a file for another's record is brought there under
    the id and key that it has.
"""

from services.common.attachments.content import ALLOWED_EXTENSIONS
from services.common.attachments.files import (
    COLLECTIONS,
    EVER,
    PIECE_BYTES,
    attachment_of,
    begin,
    check_size,
    drop,
    find,
    find_by_id,
    finish,
    pieces_here,
    read,
    write,
)
from services.common.attachments.marks import Marks, mark_named, mark_unnamed, marks_of, sweep
from services.common.attachments.naming import MAX_ATTACHMENTS, named, upload_of

__all__ = [
    "ALLOWED_EXTENSIONS",
    "COLLECTIONS",
    "EVER",
    "MAX_ATTACHMENTS",
    "PIECE_BYTES",
    "Marks",
    "attachment_of",
    "begin",
    "check_size",
    "drop",
    "find",
    "find_by_id",
    "finish",
    "mark_named",
    "mark_unnamed",
    "marks_of",
    "named",
    "pieces_here",
    "read",
    "sweep",
    "upload_of",
    "write",
]
