"""The form that brings a file to be imported. The file goes on to its service as it comes, piece by piece: it
is never whole here, neither in memory nor on a disk.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import IO, Any, Final, cast

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import MultiPartParser
from werkzeug.sansio.multipart import File

from gateway.errors import UnsupportedMediaType
from services.common.errors import InterdeskError, Invalid
from services.organizations.queries import MAX_FILE_BYTES, PIECE_BYTES

FORM_BYTES: Final = 64 * 1024
"""What a form may hold around its file."""
_FILE: Final = "file"
_MAX_PARTS: Final = 10

Call = Callable[..., Any]
"""`(command, *arguments)`: calls the service that imports, in the caller's name."""


class Arriving:
    """A file on its way; to the parser of forms, one that can be written to."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._waiting = bytearray()
        self._sent = 0
        self.token: str = call("begin_import")["token"]

    def write(self, content: bytes) -> None:
        self._waiting += content
        while len(self._waiting) >= PIECE_BYTES:
            self._send(bytes(self._waiting[:PIECE_BYTES]))
            del self._waiting[:PIECE_BYTES]

    def seek(self, position: int) -> None:
        """The file is read where it has gone."""

    def finish(self) -> None:
        """All of it is here."""
        self._send(bytes(self._waiting))

    def drop(self) -> None:
        """It will not be finished. What can't be let go of now goes by itself after an hour."""
        with contextlib.suppress(InterdeskError):
            self._call("drop_import", self.token)

    def _send(self, piece: bytes) -> None:
        self._call("add_import_piece", self.token, self._sent, piece)
        self._sent += 1


class ImportForm(MultiPartParser):
    """A form with one file and some short fields."""

    def __init__(self, call: Call) -> None:
        super().__init__(max_form_memory_size=8 * FORM_BYTES, max_form_parts=_MAX_PARTS)
        self._call = call
        self.arriving: Arriving | None = None

    def start_file_streaming(self, event: File, total_content_length: int | None) -> IO[bytes]:
        if event.name != _FILE or self.arriving is not None:
            raise Invalid(errors=[(event.name or _FILE, "is unknown: the form has one file, called file")])
        self.arriving = Arriving(self._call)
        return cast(IO[bytes], self.arriving)  # all of it that the parser asks for


def taken(request: Request, call: Call, start: Callable[[str, dict[str, str]], Any]) -> Any:
    """What `start` gives for the import's token, and what the form says of its file. Of a form that is
    refused, here or by `start`, nothing is kept. Raises UnsupportedMediaType, Invalid,
    RequestEntityTooLarge, Unavailable.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType(message="Send a form: Content-Type: multipart/form-data.")
    most = MAX_FILE_BYTES + FORM_BYTES
    if (request.content_length or 0) > most:
        raise RequestEntityTooLarge
    request.max_content_length = most
    form = ImportForm(call)
    try:
        return start(*_read(form, request))
    except BaseException:
        if form.arriving is not None:
            form.arriving.drop()
        raise


def _read(form: ImportForm, request: Request) -> tuple[str, dict[str, str]]:
    boundary = request.mimetype_params.get("boundary", "").encode("ascii", "replace")
    try:
        if not boundary:
            raise ValueError("there is no boundary")
        fields, files = form.parse(request.stream, boundary, request.content_length)
    except ValueError as error:  # the parser's
        raise Invalid(errors=[("body", "is no form as multipart/form-data has it")]) from error
    if form.arriving is None or _FILE not in files:
        raise Invalid(errors=[(_FILE, "is missing")])
    form.arriving.finish()
    return form.arriving.token, {**fields.to_dict(), _FILE: files[_FILE].filename or _FILE}
