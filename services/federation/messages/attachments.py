"""Bodies of the messages about the files of public notes: who has one offers it, who wants it asks for it
piece by piece (`services.federation.files` tells how).

An offer has its place in the thread, after the note. What is wanted and what comes have none: they are asked
for and sent again until the SHA-256 of the whole is that of the offer, and nothing else proves them.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from services.federation.messages import shapes
from services.federation.messages.shapes import Body
from services.federation.messages.types import MessageType
from services.federation.threads import UUID

OFFERED: Final = "attachment.offered.v1"
WANTED: Final = "attachment.wanted.v1"
CHUNK: Final = "attachment.chunk.v1"

MAX_CHUNK_BYTES: Final = 128 * 1024
MAX_RANGES: Final = 16

_BASE64: Final = r"[A-Za-z0-9+/]*={0,2}"


class File(Body):
    """A file as its sender describes it. `key`: what the text of the note calls it by (`![](key)`); `type`:
    its media type, by the sender's word; `inline`: it is shown within the text.
    """

    key = shapes.text()
    name = shapes.text()
    type = shapes.matching(r"[a-z0-9.+-]{1,80}/[a-z0-9.+-]{1,80}")
    size = shapes.integer()
    sha256 = shapes.matching(r"[0-9a-f]{64}")
    inline = shapes.boolean()


class Offered(Body):
    """The sender's note with this id has this file."""

    episode = shapes.episode()
    note_id = shapes.integer()
    file = shapes.nested(File)


class Range(Body):
    """So many bytes from `start` on."""

    start = shapes.integer(0)
    size = shapes.integer(maximum=MAX_CHUNK_BYTES)


class Wanted(Body):
    """These ranges of what was offered. None at all: nothing more is wanted, because it is here, or, with a
    code, because it is given up.
    """

    also = {
        "if": {"properties": {"ranges": {"minItems": 1}}},
        "then": {"properties": {"code": {"type": "null"}}},
    }

    offer = shapes.matching(UUID.pattern)
    ranges = shapes.many(Range, MAX_RANGES)
    code = shapes.code(null=True)

    @validates_schema(skip_on_field_errors=True)
    def _who_wants_has_no_code(self, said: dict[str, object], **_: object) -> None:
        if said["ranges"] and said["code"] is not None:
            raise ValidationError("What is wanted is not given up.", "code")


def _bytes() -> fields.Field[Any]:
    """Bytes in base64 (RFC 4648, section 4), with its padding and in its only form."""

    def check(value: str) -> None:
        try:
            told = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise ValidationError("Not base64.") from None
        if not 0 < len(told) <= MAX_CHUNK_BYTES or base64.b64encode(told).decode() != value:
            raise ValidationError(f"Must be the base64 of 1 to {MAX_CHUNK_BYTES} bytes.")

    longest = len(base64.b64encode(bytes(MAX_CHUNK_BYTES)))
    about = shapes.in_json_schema(
        minLength=4, maxLength=longest, pattern=f"^{_BASE64}$", contentEncoding="base64"
    )
    checks = (validate.Length(min=4, max=longest), check)
    return fields.String(required=True, validate=checks, metadata=about)


class Chunk(Body):
    """A range that was wanted: `data` from `start` on."""

    offer = shapes.matching(UUID.pattern)
    start = shapes.integer(0)
    data = _bytes()


TYPES: Final = (
    MessageType(OFFERED, "handover", Offered()),
    MessageType(WANTED, "handover", Wanted(), sequenced=False),
    MessageType(CHUNK, "handover", Chunk(), sequenced=False),
)
