"""Files of public notes across the border: offered with the note, pulled piece by piece by who wants them.

What it promises

- A file that was offered and taken arrives whole, or its note says why not. It is here when all of its bytes
  are and their SHA-256 is the one that the offer has sealed, and when they are of a kind that is taken in
  (`services.common.attachments`); before that nobody can have it.
- A crash of either side loses nothing: what is here lies in the database, and what is missing is asked for.
- A file delays nothing that is said: few pieces are on the way at a time, no faster than a part of what a
  lane takes, and on the sender's side all else goes first.
- Only whom a file was offered can have it, and only that file.

The way of a file

    sender                                   receiver
    attachment.offered  ── in order ──────>  limits: accepted, or `refused: code` by its receipt
                                             a row in `coming_files`, in the save that takes the offer
                        <── wanted ────────  ranges of it (pieces.py)
    chunk               ── no order ──────>  a piece of GridFS
                          … until all are here, then the hash, then what it is …
                        <── wanted ────────  none: it is here; with a code: it was given up

When things fail

- A piece is lost, or comes twice: what is missing is asked for again, the second is dropped.
- Nothing comes: asked again with growing delay (INTERDESK_RETRY_MIN_SECONDS to INTERDESK_RETRY_MAX_SECONDS).
  A partner that is away is waited for without end. One that is heard and does not send it for hours:
  `not_sent`.
- The hash is another: all of it is thrown away and asked for again, three times, then `damaged`.
- What it is, by its bytes, is not taken in: thrown away, with the code that says so.
- The last word (it is here, it was given up) may be lost. Then the sender goes on showing that it was
  offered.

Who pulls: each process of the receiver has a thread (pulling.py). A file is gone on with by who changes its
row first, so two of them only make more on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from services.common.store import Collection, Index, copy_row

if TYPE_CHECKING:
    from services.common.context import Context

Document = dict[str, Any]

COMING: Final = Collection(
    "coming_files",
    (Index(["due.of", "due.at"], sparse=True), Index("note_id", sparse=True)),
    records=False,
)
"""One row per offer that was taken or refused for what it is, by the offer's id. `due` (`of` whom, `at` what
time) is absent when nothing is to be done any more. It is never deleted: an offer is taken once."""

IS_COMING: Final = "coming"
IS_HERE: Final = "here"
IS_REFUSED: Final = "refused"


class Files(Protocol):
    """What a service does with the files of its notes. All of it may be called again for the same file."""

    def lies(self, context: Context, offered: Mapping[str, Any]) -> str | None:
        """Where the bytes are that we offered with this body: the file's id (`services.common.attachments`);
        None when it is not for partners any more.
        """
        ...

    def shows(self, context: Context, row: Mapping[str, Any]) -> None:
        """How far a partner's file has come is another: its note shows the row's `state`, `code`, `here`."""
        ...

    def settled(self, context: Context, partner: str, offered: Mapping[str, Any], code: str | None) -> None:
        """The partner has the file that we offered with this body; with a code: he has given it up."""
        ...


def coming(
    offer: str, partner: str, thread: str, *, file: Mapping[str, Any], id: int, at: datetime, **about: Any
) -> Document:
    """The row of a file that is taken, to be kept by the save that takes the offer. `file` as in the offer,
    `id` that of the attachment here, `about` what the service knows it by.
    """
    document = _row(offer, partner, thread, file, id, at, about) | {"state": IS_COMING, "code": None}
    begins = {"asked": [], "silences": 0, "tries": 0, "damaged": 0, "turn": 0, "asked_at": None}
    return copy_row(COMING.name, {**document, **begins, "due": {"of": partner, "at": at}})


def refused(
    offer: str,
    partner: str,
    thread: str,
    *,
    file: Mapping[str, Any],
    id: int,
    at: datetime,
    code: str,
    **about: Any,
) -> Document:
    """The row of a file that was refused by the receipt of its offer; it is `due` once, to be shown."""
    document = _row(offer, partner, thread, file, id, at, about)
    document |= {"state": IS_REFUSED, "code": code, "turn": 0}
    return copy_row(COMING.name, {**document, "due": {"of": partner, "at": at}})


def _row(
    offer: str,
    partner: str,
    thread: str,
    file: Mapping[str, Any],
    id: int,
    at: datetime,
    about: Mapping[str, Any],
) -> Document:
    row = {"_id": offer, "partner": partner, "thread": thread, "file": dict(file), "id": id, "at": at}
    return {**row, **about}
