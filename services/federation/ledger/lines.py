"""The lines of a ledger's file: the form of each record, and the chain that holds them together. Pure.

A line is canonical JSON and a line feed. `n` numbers the records from 1, `after` is the SHA-256 (hex) of the
line before it, without its line feed; null in the first. So whoever changes a line has to change all that
follow, and the last one is sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import RAISE, Schema, ValidationError, fields

from services.common import strict_json
from services.federation.ledger import FORMAT, VERSION
from services.federation.messages import shapes
from services.federation.messages.trusts import PublicJwk
from services.federation.outgoing.deliveries import OPEN
from services.federation.sealing import seals
from services.federation.stored import PARKED
from services.federation.threads import ACCOUNT, KINDS, UUID
from services.federation.verdicts import ACCEPTED, REFUSED

MAX_LINE_BYTES: Final = 1024 * 1024
MAX_THREADS: Final = 1_000

LEDGER, KEY, HEADS, SENT, RECEIVED, END = "ledger", "key", "heads", "sent", "received", "end"
SERVICES: Final = tuple(sorted(set(KINDS.values())))

_HASH: Final = r"[0-9a-f]{64}"
_KID: Final = r"[a-z][a-z0-9-]{1,30}/[A-Za-z0-9_-]{8,64}"
_STATES: Final = ("next", "current", "retired", "revoked", "introduction")


class NotALine(ValueError):
    """The bytes are no record of a ledger."""


class Strict(Schema):
    """What a ledger holds is read by nobody but its readers: nothing in it may be of no meaning."""

    class Meta:
        unknown = RAISE


class Part(Strict):
    """What was asked of one service: null where nothing narrows it."""

    service = shapes.one_of(SERVICES)
    partners = fields.List(
        shapes.matching(ACCOUNT.pattern), required=True, allow_none=True, validate=lambda each: bool(each)
    )
    threads = fields.List(
        shapes.text(120), required=True, allow_none=True, validate=lambda each: 0 < len(each) <= MAX_THREADS
    )
    since = shapes.time(null=True)
    until = shapes.time(null=True)


class _Record(Strict):
    n = shapes.integer()
    after = shapes.matching(_HASH, null=True)
    record = shapes.text(20)


class _Ledger(_Record):
    format = shapes.one_of((FORMAT,))
    version = fields.Integer(strict=True, required=True)
    account = shapes.matching(ACCOUNT.pattern)
    export = shapes.matching(UUID.pattern)
    request = shapes.integer(null=True)
    parts = shapes.many(Part, len(SERVICES), minimum=1)


class _Key(_Record):
    account = shapes.matching(ACCOUNT.pattern)
    kid = shapes.matching(_KID)
    state = shapes.one_of(_STATES)
    public = shapes.nested(type("_StrictJwk", (PublicJwk, Strict), {}))


class _Heads(_Record):
    service = shapes.one_of(SERVICES)
    sealed = shapes.text(seals.MAX_SEALED_BYTES)


class Withheld(Strict):
    """The place of a message whose content does not leave."""

    id = shapes.matching(UUID.pattern)
    type = shapes.text(80)
    sender = shapes.matching(ACCOUNT.pattern)
    recipient = shapes.matching(ACCOUNT.pattern)
    thread = shapes.text(120)
    incarnation = shapes.integer()
    sequence = shapes.integer()
    prev = shapes.matching(_HASH, null=True)
    sent_at = shapes.time()
    hash = shapes.matching(_HASH)
    kid = shapes.matching(_KID)


class _Message(_Record):
    sealed = shapes.text(seals.MAX_SEALED_BYTES, null=True)
    withheld = shapes.nested(Withheld, null=True)
    at = shapes.time()
    answered_at = shapes.time(null=True)
    code = shapes.code(null=True)


class _Sent(_Message):
    state = shapes.one_of((*OPEN, ACCEPTED, REFUSED))
    receipt = shapes.text(seals.MAX_SEALED_BYTES, null=True)


class _Received(_Message):
    state = shapes.one_of((PARKED, ACCEPTED, REFUSED))
    approved_at = shapes.time(null=True)


class _End(_Record):
    sealed = shapes.text(seals.MAX_SEALED_BYTES)


_SCHEMAS: Final[Mapping[str, Schema]] = {
    LEDGER: _Ledger(),
    KEY: _Key(),
    HEADS: _Heads(),
    SENT: _Sent(),
    RECEIVED: _Received(),
    END: _End(),
}


class Chain:
    """Numbers records and chains their lines."""

    def __init__(self) -> None:
        self.n = 0
        self.head: str | None = None
        """The hash of the last line."""

    def line(self, record: str, /, **said: Any) -> bytes:
        """The next line, with its line feed."""
        self.n += 1
        line = strict_json.dumps({"n": self.n, "after": self.head, "record": record, **said})
        self.head = hash_of(line)
        return line + b"\n"


def hash_of(line: bytes) -> str:
    """What the line after it names it by."""
    return hashlib.sha256(line.removesuffix(b"\n")).hexdigest()


def opening(account: str, export: str, parts: list[dict[str, Any]], request: int | None) -> dict[str, Any]:
    """The first record."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "account": account,
        "export": export,
        "request": request,
        "parts": parts,
    }


def read_line(line: bytes) -> dict[str, Any]:
    """The record of a line. Raises NotALine, which says why."""
    try:
        said = strict_json.loads(line.removesuffix(b"\n"), max_bytes=MAX_LINE_BYTES, max_depth=8)
    except strict_json.NotStrict as error:
        raise NotALine(str(error)) from None
    if strict_json.dumps(said) + b"\n" != line:
        raise NotALine("it is not written as records are: canonical JSON and a line feed")
    schema = _SCHEMAS.get(str(said.get("record"))) if isinstance(said, dict) else None
    if schema is None:
        raise NotALine("it is no record of a ledger")
    try:
        record: dict[str, Any] = schema.load(said)
    except ValidationError as error:
        names = ", ".join(sorted(str(name) for name in error.normalized_messages()))
        raise NotALine(f"malformed: {names}") from None
    return record
