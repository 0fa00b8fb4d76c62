"""The sealed envelope: what a message is made of, how it is sealed, and every check before it is believed.

A sealed message is a JWS in compact form (RFC 7515), alg `Ed25519`, and its AMQP body is exactly these bytes.
The protected header is `{"alg", "kid", "typ": "interdesk-message"}` and nothing else; the payload is the JSON
object of `Message` below. The hash of a message is the SHA-256 (hex) of the payload's bytes: it does not
change when the message has to be sealed again with another key.

The receiver checks in this order, and stops at the first failure (partner-protocol.md section 2):

    1  size                                            too_large
    2  no content encoding, no compression header      encoded_content
    3  the form of the envelope and of its header      not_an_envelope
    4  delivering exchange = claimed sender of the kid wrong_exchange
    5  kid in that sender's ring                       unknown_key (may become known), revoked_key
    6  signature over the exact bytes                  bad_signature
    7  strict JSON: one meaning, bounded depth         the code of strict_json (duplicate_key, too_deep …)
    8  the envelope's own fields                       invalid_envelope
    9  sender = exchange, recipient = ourselves        wrong_sender, wrong_recipient, not_in_thread

Only what passes all of them has a place in a thread. The rest goes to quarantine: it moves nothing, blocks
nothing and gets no receipt. The body is not parsed here; its schema is checked after
(`messages.check_incoming`), and what fails that is parked in its thread, because it is known who said it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from marshmallow import ValidationError, fields

from services.common import strict_json
from services.common.clock import from_iso, iso
from services.common.errors import Invalid
from services.federation import messages
from services.federation.messages import shapes
from services.federation.messages.threads import RESUMED
from services.federation.messages.types import NAME
from services.federation.sealing import keys, seals
from services.federation.sealing.rings import PartnerRing, RevokedKey, UnknownKey
from services.federation.threads import ACCOUNT, UUID, Position, ThreadId

MAX_PAYLOAD_BYTES: Final = 256 * 1024
MAX_SEALED_BYTES: Final = seals.MAX_SEALED_BYTES
MAX_DEPTH: Final = 16
CONTENT_TYPE: Final = "application/jose"

_TRACEPARENT = r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"


class Unverified(Exception):
    """A delivery that nobody is proven to have said. `code` is counted, `text` is for operators."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Message:
    """One message, immutable.

    `sequence` counts 1, 2, 3 … per thread and direction (0: of a type without a place in the order), `prev`
    is the hash of the message before it, `hash` its own; `sent_at` is the sender's clock, shown and compared
    with nothing but that same clock. `body` is plain JSON, see `services.federation.messages`. Of a received
    one `kid` is the key that sealed it, and `approved` says that a person had it handled again after it was
    parked.
    """

    id: str
    type: str
    sender: str
    recipient: str
    thread: str
    incarnation: int
    sequence: int
    prev: str | None
    sent_at: datetime
    traceparent: str | None
    body: Mapping[str, Any]
    hash: str = field(default="", compare=False)
    received_at: datetime | None = field(default=None, compare=False)
    kid: str = field(default="", compare=False)
    approved: bool = field(default=False, compare=False)

    def waited(self, now: datetime) -> float:
        """Seconds since it was received; 0 of one that was not stored yet."""
        return 0.0 if self.received_at is None else (now - self.received_at).total_seconds()

    @property
    def since(self) -> Position | None:
        """Of `thread.resumed`, if its body is one: the last place its sender knows it has used."""
        if self.type != RESUMED:
            return None
        try:
            return Position.from_wire(messages.check_incoming(self.type, self.body)["sent"])
        except Invalid:
            return None  # it is parked for that, and a person may discard it

    def encode(self) -> bytes:
        """The payload. Raises Invalid `too_large`."""
        payload = strict_json.dumps(
            {
                "id": self.id,
                "type": self.type,
                "sender": self.sender,
                "recipient": self.recipient,
                "thread": self.thread,
                "incarnation": self.incarnation,
                "sequence": self.sequence,
                "prev": self.prev,
                "sent_at": iso(self.sent_at),
                "traceparent": self.traceparent,
                "body": self.body,
            }
        )
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise Invalid(
                "too_large", f"The message would have {len(payload)} bytes; {MAX_PAYLOAD_BYTES} are allowed."
            )
        return payload


class EnvelopeShape(shapes.Body):
    """What every message says of itself, whatever its type."""

    id = shapes.matching(UUID.pattern)
    type = shapes.matching(NAME)
    sender = shapes.matching(ACCOUNT.pattern)
    recipient = shapes.matching(ACCOUNT.pattern)
    thread = shapes.text(120)
    incarnation = shapes.integer()
    sequence = shapes.integer(0)
    prev = shapes.matching(r"[0-9a-f]{64}", null=True)
    sent_at = shapes.time()
    traceparent = shapes.matching(_TRACEPARENT, null=True)
    body = fields.Dict(required=True)


_ENVELOPE = EnvelopeShape()


def fingerprint(payload: bytes) -> str:
    """The hash of a message: SHA-256 of its payload, hex."""
    return hashlib.sha256(payload).hexdigest()


def seal(message: Message, key: keys.Key) -> bytes:
    """The sealed bytes. `key` is one of ours to seal with. Raises Invalid `too_large`."""
    return seal_payload(message.encode(), key)


def seal_payload(payload: bytes, key: keys.Key) -> bytes:
    return seals.sign(payload, key, seals.MESSAGE)


def check_properties(size: int, properties: Mapping[str, Any]) -> None:
    """Checks 1 and 2, on the size and the AMQP properties of a raw delivery. Raises Unverified.

    A content encoding would have the bytes decoded, and kombu's `compression` header inflated, before we see
    them.
    """
    if size > MAX_SEALED_BYTES:
        raise Unverified("too_large", f"{size} bytes; at most {MAX_SEALED_BYTES} are taken")
    headers = properties.get("application_headers") or properties.get("headers") or {}
    if any(str(name).lower() in ("compression", "content-encoding") for name in headers):
        raise Unverified("encoded_content", "a compression header")
    if properties.get("content_encoding") not in (None, "", "binary"):
        raise Unverified("encoded_content", "a content encoding")


def open_sealed(raw: bytes, *, exchange_sender: str, own_account: str, ring: PartnerRing) -> Message:
    """The message in sealed bytes that came through `exchange_sender`'s exchange, after checks 3 to 9.

    `ring` is what we know of that sender's keys. Raises Unverified.
    """
    if len(raw) > MAX_SEALED_BYTES:
        raise Unverified("too_large", f"{len(raw)} bytes; at most {MAX_SEALED_BYTES} are taken")
    kid = _kid_of(raw)
    if keys.account_of(kid) != exchange_sender:
        raise Unverified("wrong_exchange", f"a key of {keys.account_of(kid)} on {exchange_sender}'s exchange")
    key, payload = _verified(raw, kid, ring)
    envelope = _parsed(payload)
    if envelope["sender"] != exchange_sender:
        raise Unverified("wrong_sender", f"{envelope['sender']} is not {exchange_sender}")
    if envelope["recipient"] != own_account:
        raise Unverified("wrong_recipient", f"for {envelope['recipient']}")
    _check_place(envelope)
    if key.state == keys.INTRODUCTION and envelope["type"] != "trust.accepted.v1":
        raise Unverified("introduction_only", "the key of an invitation seals nothing but its acceptance")
    return _message(envelope, payload, kid)


def read_verified(raw: bytes) -> Message:
    """The message in sealed bytes that `open_sealed` let pass when they came; a key may be revoked since."""
    kid, payload = seals.parse(raw, seals.MESSAGE)
    return _message(_parsed(payload), payload, kid)


def _message(envelope: Mapping[str, Any], payload: bytes, kid: str) -> Message:
    sent_at = from_iso(envelope["sent_at"])
    return Message(**{**envelope, "sent_at": sent_at}, hash=fingerprint(payload), kid=kid)


def _kid_of(raw: bytes) -> str:
    try:
        return seals.parse(raw, seals.MESSAGE)[0]
    except seals.Malformed as error:
        raise Unverified("not_an_envelope", str(error)) from None


def _verified(raw: bytes, kid: str, ring: PartnerRing) -> tuple[keys.Key, bytes]:
    try:
        key = ring.verifying(kid)
        return key, seals.verify(raw, key)
    except UnknownKey:
        raise Unverified("unknown_key", f"the ring of {ring.account} has no key {kid}") from None
    except RevokedKey:
        raise Unverified("revoked_key", f"{kid} was revoked") from None
    except seals.Broken as error:
        raise Unverified("bad_signature", str(error)) from None


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        value = strict_json.loads(payload, max_bytes=MAX_PAYLOAD_BYTES, max_depth=MAX_DEPTH)
    except strict_json.NotStrict as error:
        raise Unverified(error.code, str(error)) from None
    if not isinstance(value, dict):
        raise Unverified("invalid_envelope", "the payload is not an object")
    try:
        envelope: dict[str, Any] = _ENVELOPE.load(value)
    except ValidationError as error:
        raise Unverified(
            "invalid_envelope", f"malformed: {', '.join(sorted(error.normalized_messages()))}"
        ) from None
    return envelope


def _check_place(envelope: Mapping[str, Any]) -> None:
    """The thread is one of the two accounts', and only what has no order has no sequence."""
    try:
        thread = ThreadId.parse(envelope["thread"])
    except ValueError as error:
        raise Unverified("invalid_envelope", str(error)) from None
    if thread.opener not in (envelope["sender"], envelope["recipient"]):
        raise Unverified("not_in_thread", f"{envelope['thread']} is a thread of others")
    message_type = messages.TYPES.get(envelope["type"])
    sequenced = message_type is None or message_type.sequenced
    if sequenced != (envelope["sequence"] > 0) or (not sequenced and envelope["prev"] is not None):
        raise Unverified("invalid_envelope", "only what has no order has no sequence")
