"""Files on their way in, a piece at a time: from a caller to the service that keeps uploads, and from there
to the service whose record names one.

An upload does not say which record it will be on. All go to the requests service (`KEEPER`): most files are
on notes. When a record of another service names one, it is brought there first, under the id and key it has;
the gateway can read it, and what it brings is looked at there again. What was brought and is not named after
all is swept there as it is at the keeper.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from werkzeug.datastructures import FileStorage
from werkzeug.formparser import MultiPartParser
from werkzeug.sansio.multipart import File

from gateway.context import GatewayContext
from services.common import attachments
from services.common.actor import Actor
from services.common.attachments import MAX_ATTACHMENTS, PIECE_BYTES
from services.common.attachments.names import is_key
from services.common.errors import InterdeskError, Invalid

Document = dict[str, Any]

KEEPER: Final = "requests"
TAKERS: Final = ("organizations",)
"""Whose records have files, too (`AttachmentCommands`)."""
FORM_BYTES: Final = 64 * 1024
"""What a form may hold around its file."""
MAX_PARTS: Final = 10
MAX_NAME: Final = 1024  # what is longer is cut: its end says what it is
MAX_TYPE: Final = 255
UPLOAD_TAKES: Final = timedelta(minutes=10)
FINISH_SECONDS: Final = 60.0  # all of the file is read once more before it is here
_SUFFIX: Final = "_attachments"
_CUSTOM: Final = "custom_fields"
_MOST_VALUES: Final = 200  # a body that has more is refused


class Incoming:
    """A file that goes to a service as it comes. Like a file that can only be written to: the parser of
    forms takes it for one.
    """

    def __init__(self, context: GatewayContext, service: str, actor: Actor, room: int) -> None:
        """`room`: how many bytes it has at most. Raises Invalid, Unavailable."""
        self._context = context
        self._service = service
        self._actor = actor
        self._upload = str(self._call("begin_attachment", room)["upload"])
        self._ends_at = context.clock.now() + UPLOAD_TAKES
        self._waiting = bytearray()
        self._written = 0

    def write(self, content: bytes) -> None:
        """Raises Invalid, Unavailable."""
        self._waiting += content
        while len(self._waiting) >= PIECE_BYTES:
            self._send(bytes(self._waiting[:PIECE_BYTES]))
            del self._waiting[:PIECE_BYTES]

    def seek(self, position: int) -> None:
        """Files that were written are read from their beginning. This one is read elsewhere."""

    def finish(self, **known: Any) -> Document:
        """The attachment, which is there now. `known`: its `name`, and its `type`, `id` and `key` where it
        has them. Raises Invalid, Unavailable.
        """
        if self._waiting:
            self._send(bytes(self._waiting))
        made: Document = self._call("finish_attachment", self._upload, known, timeout=FINISH_SECONDS)
        return made

    def drop(self) -> None:
        """It will not be finished. What can't be deleted now is swept."""
        with contextlib.suppress(InterdeskError):
            self._call("drop_attachment", self._upload)

    def _send(self, piece: bytes) -> None:
        if self._context.clock.now() > self._ends_at:
            minutes = UPLOAD_TAKES // timedelta(minutes=1)
            raise Invalid("too_slow", errors=[("file", f"took more than {minutes} minutes to come")])
        self._call("write_attachment", self._upload, self._written, piece)
        self._written += 1

    def _call(self, command: str, *arguments: Any, timeout: float | None = None) -> Any:
        return self._context.rpc.call(self._service, command, self._actor, *arguments, timeout=timeout)


class UploadForm(MultiPartParser):
    """A form with one file, `file`, which goes on as it comes. What else is in it is small."""

    def __init__(self, context: GatewayContext, actor: Actor) -> None:
        super().__init__(max_form_memory_size=8 * FORM_BYTES, max_form_parts=MAX_PARTS)
        self._context = context
        self._actor = actor
        self.incoming: Incoming | None = None

    def start_file_streaming(self, event: File, total_content_length: int | None) -> Any:
        if event.name != "file" or self.incoming is not None:
            raise Invalid(errors=[(event.name or "file", "is unknown: the form has one file, called file")])
        most = self._context.config.attachment_bytes
        room = min(total_content_length or most, most)
        self.incoming = Incoming(self._context, KEEPER, self._actor, room)
        return self.incoming


def taken(form: UploadForm, stream: Any, boundary: bytes, length: int | None) -> Document:
    """The attachment that a form's body brings. `length` of all of the body, where it is known. Raises
    Invalid, Unavailable, RequestEntityTooLarge, ClientDisconnected.
    """
    try:
        if not boundary:
            raise ValueError("there is no boundary")
        fields, files = form.parse(stream, boundary, length)
        if unknown := sorted(set(fields) - {"key", "Content-Type"}):
            raise Invalid(errors=[(name, "Unknown field.") for name in unknown])
        if form.incoming is None:
            raise Invalid(errors=[("file", "Missing data for required field.")])
        file: FileStorage = files["file"]
        declared = fields.get("Content-Type") or file.mimetype
        return form.incoming.finish(name=(file.filename or "")[-MAX_NAME:], type=declared[:MAX_TYPE])
    except ValueError as error:  # the parser's
        _drop(form)
        raise Invalid(errors=[("body", "is no form as multipart/form-data has it")]) from error
    except BaseException:
        _drop(form)
        raise


def brought(context: GatewayContext, service: str, actor: Actor, *arguments: Any) -> None:
    """The uploads that a body, one of a command's arguments, names are with the service whose record it is
    for. What is not one of the caller's is left: that service says so. Raises Invalid, Unavailable.
    """
    bodies = (each for each in arguments if isinstance(each, dict)) if service in TAKERS else ()
    for name, given in (field for body in bodies for field in body.items()):
        if isinstance(given, list):
            for key, place in _named(name, [each if isinstance(each, dict) else {} for each in given]):
                _bring(context, service, actor, key, place)


def _named(name: str, given: list[Document]) -> Iterator[tuple[str, str]]:
    """The keys that a field of a body names, and where. Which custom fields are for files their form says,
    which is not asked here: whatever looks like a key may be one.
    """
    if name.endswith(_SUFFIX):
        for n, each in enumerate(given[:MAX_ATTACHMENTS]):
            if isinstance(key := each.get("key"), str) and not each.get("_destroy"):
                yield key, f"{name}.{n}.key"
    elif name == _CUSTOM:
        for each in given[:_MOST_VALUES]:
            value = each.get("value")
            key = value.get("key") if isinstance(value, dict) else value
            if isinstance(key, str) and is_key(key):
                yield key, f"{name}.{each.get('id')}"


def _bring(context: GatewayContext, service: str, actor: Actor, key: str, field: str) -> None:
    if attachments.find(context.databases[service], key) is not None:
        return
    kept = context.databases[KEEPER]
    found = attachments.find(kept, key)
    if found is None or found["metadata"].get("uploader") != actor.person_id:
        return
    metadata = found["metadata"]
    try:
        incoming = Incoming(context, service, actor, found["length"])
        for piece in attachments.read(kept, found["_id"], 0, found["length"]):
            incoming.write(piece)
        known = {"name": found["filename"], "type": metadata["type"], "id": metadata["id"], "key": key}
        incoming.finish(**known)
    except Invalid as refused:
        raise Invalid(refused.code, errors=[(field, text) for _, text in refused.errors]) from refused


def _drop(form: UploadForm) -> None:
    if form.incoming is not None:
        form.incoming.drop()
