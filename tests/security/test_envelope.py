"""No altered, spoofed, replayed or misaddressed message is believed: every field is flipped."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from services.common import strict_json
from services.federation.sealing.envelope import (
    MAX_PAYLOAD_BYTES,
    MAX_SEALED_BYTES,
    Message,
    Unverified,
    check_properties,
    open_sealed,
    seal,
    seal_payload,
)
from services.federation.sealing.keys import CURRENT, SEAL, Key
from services.federation.sealing.rings import OwnRing, PartnerRing

WIDGET = OwnRing.generate("widget")
GLOBALNET = OwnRing.generate("globalnet")
KNOWN = PartnerRing.from_wire("widget", WIDGET.to_wire())
KNOWN_GLOBALNET = PartnerRing.from_wire("globalnet", GLOBALNET.to_wire())

MESSAGE = Message(
    id="019b0000-0000-7000-8000-000000000001",
    type="request.recalled.v1",
    sender="widget",
    recipient="gigatera",
    thread="handover/widget/019b0000-0000-7000-8000-0000000000aa",
    incarnation=1,
    sequence=2,
    prev="5f" * 32,
    sent_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    traceparent=None,
    body={"episode": [1, 1], "note": None},
)
SEALED = seal(MESSAGE, WIDGET.current())
FIELDS = json.loads(MESSAGE.encode())


def opened(raw: bytes, exchange: str = "widget", own: str = "gigatera", ring: PartnerRing = KNOWN) -> Message:
    return open_sealed(raw, exchange_sender=exchange, own_account=own, ring=ring)


def code_of(raw: bytes, **where: Any) -> str:
    with pytest.raises(Unverified) as failure:
        opened(raw, **where)
    return failure.value.code


def sealed_json(value: Any, key: Key | None = None) -> bytes:
    return seal_payload(strict_json.dumps(value), key or WIDGET.current())


def parts(raw: bytes = SEALED) -> tuple[bytes, bytes, bytes]:
    header, payload, signature = raw.split(b".")
    return urlsafe_b64decode(header), urlsafe_b64decode(payload), urlsafe_b64decode(signature)


def joined(header: bytes, payload: bytes, signature: bytes) -> bytes:
    return b".".join(urlsafe_b64encode(part) for part in (header, payload, signature))


def test_what_was_sealed_is_believed() -> None:
    assert opened(SEALED) == MESSAGE


FLIPPED = {
    "id": "019b0000-0000-7000-8000-000000000002",
    "type": "request.closed.v1",
    "sender": "globalnet",
    "recipient": "globalnet",
    "thread": "handover/widget/019b0000-0000-7000-8000-0000000000ab",
    "incarnation": 2,
    "sequence": 3,
    "prev": "60" * 32,
    "sent_at": "2026-01-05T09:00:00.001Z",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "body": {"episode": [1, 2], "note": None},
}


def test_every_field_of_the_envelope_is_flipped() -> None:
    assert FLIPPED.keys() == FIELDS.keys()


@pytest.mark.parametrize("name", sorted(FLIPPED))
def test_a_flipped_field_breaks_the_seal(name: str) -> None:
    header, _, signature = parts()
    altered = strict_json.dumps({**FIELDS, name: FLIPPED[name]})
    assert code_of(joined(header, altered, signature)) == "bad_signature"


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_flipped_byte_anywhere_is_not_believed(index: int, change: int) -> None:
    altered = bytearray(SEALED)
    altered[index] ^= change
    with pytest.raises(Unverified):
        opened(bytes(altered))


@given(st.binary(max_size=300))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    with pytest.raises(Unverified):
        opened(raw)


@pytest.mark.parametrize("length", range(0, len(SEALED), 37))
def test_a_cut_message_is_not_believed(length: int) -> None:
    with pytest.raises(Unverified):
        opened(SEALED[:length])


def test_another_partners_key_does_not_speak_for_this_one() -> None:
    """GlobalNet seals as Widget: with its own name for the key, with Widget's, and over its own exchange."""
    own_name = seal(MESSAGE, GLOBALNET.current())
    assert code_of(own_name) == "wrong_exchange"
    borrowed = replace(GLOBALNET.current(), kid=WIDGET.current().kid)
    assert code_of(seal(MESSAGE, borrowed)) == "bad_signature"
    assert code_of(own_name, exchange="globalnet", ring=KNOWN_GLOBALNET) == "wrong_sender"


def test_a_captured_message_does_not_pass_another_exchange() -> None:
    assert code_of(SEALED, exchange="globalnet", ring=KNOWN_GLOBALNET) == "wrong_exchange"


def test_a_captured_message_does_not_pass_another_recipient() -> None:
    assert code_of(SEALED, own="globalnet") == "wrong_recipient"


def test_a_thread_of_others_is_not_spoken_in() -> None:
    thread = "handover/globalnet/019b0000-0000-7000-8000-0000000000aa"
    assert code_of(sealed_json({**FIELDS, "thread": thread})) == "not_in_thread"


def test_an_unknown_key_may_become_known_and_a_revoked_one_not() -> None:
    assert code_of(SEALED, ring=PartnerRing("widget")) == "unknown_key"
    later = WIDGET.rotated().revoked(WIDGET.current().kid)
    assert code_of(SEALED, ring=PartnerRing.from_wire("widget", later.to_wire())) == "revoked_key"


def test_a_retired_key_still_verifies() -> None:
    later = PartnerRing.from_wire("widget", WIDGET.rotated().to_wire())
    assert opened(SEALED, ring=later) == MESSAGE


def test_a_key_to_encrypt_with_seals_nothing() -> None:
    header, payload, signature = parts()
    kid = WIDGET.keys[2].kid
    named = header.replace(WIDGET.current().kid.encode(), kid.encode())
    assert code_of(joined(named, payload, signature)) == "unknown_key"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "EdDSA"},
        {"alg": "HS256"},
        {"typ": "interdesk-invitation"},
        {"typ": "JWT"},
        {"kid": 5},
        {"jwk": {}},
        {"crit": ["b64"], "b64": False},
        {"x5u": "https://keys.example"},
    ],
)
def test_the_header_says_what_it_must_and_nothing_else(header: dict[str, Any]) -> None:
    _, payload, signature = parts()
    said = {"alg": "Ed25519", "kid": WIDGET.current().kid, "typ": "interdesk-message", **header}
    assert code_of(joined(strict_json.dumps(said), payload, signature)) == "not_an_envelope"


def test_a_header_with_a_key_twice_is_refused() -> None:
    _, payload, signature = parts()
    kid = WIDGET.current().kid
    doubled = f'{{"alg":"Ed25519","kid":"x","kid":"{kid}","typ":"interdesk-message"}}'.encode()
    assert code_of(joined(doubled, payload, signature)) == "not_an_envelope"


def test_an_invitation_is_not_taken_for_a_message() -> None:
    key = WIDGET.current()
    header = {"alg": "Ed25519", "kid": key.kid, "typ": "interdesk-invitation"}
    raw = jws.serialize_compact(header, MESSAGE.encode(), key.signing, algorithms=["Ed25519"])
    assert code_of(raw.encode()) == "not_an_envelope"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b'{"sender":"widget","sender":"globalnet"}', "duplicate_key"),
        (b'{"body":{"episode":NaN}}', "not_a_number"),
        (b'{"body":{"episode":Infinity}}', "not_a_number"),
        (b'{"body":' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
        (b'{"body":"\\ud800"}', "not_unicode"),
        (b'{"sequence":9007199254740993}', "number_too_big"),
        (b"\xff\xfe", "not_utf8"),
        (b"{", "not_json"),
        (b"[]", "invalid_envelope"),
        (b"{}", "invalid_envelope"),
    ],
)
def test_json_with_two_meanings_is_refused_even_when_it_is_sealed(payload: bytes, code: str) -> None:
    assert code_of(seal_payload(payload, WIDGET.current())) == code


WRONG: dict[str, list[Any]] = {
    "id": ["", "x", 5, None, "019B0000-0000-7000-8000-000000000001"],
    "type": ["", "request", "request.recalled", "request.recalled.v0", "Request.recalled.v1", 5, None],
    "sender": ["", "Widget", None, 5],
    "recipient": ["", "giga tera", None, 5],
    "thread": ["", "handover/widget", "talk/widget/019b0000-0000-7000-8000-0000000000aa", None],
    "incarnation": [0, -1, "1", None, 1.5, True],
    "sequence": [0, -1, "2", None, 2.5, True],
    "prev": ["", "5F" * 32, "5f", 5],
    "sent_at": ["", "2026-01-05", "yesterday", 5, None, "2026-01-05T09:00:00.000+00:00"],
    "traceparent": ["", "x", 5],
    "body": [None, [], "text", 5],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in WRONG for value in WRONG[name]])
def test_a_malformed_envelope_is_refused_even_when_it_is_sealed(name: str, value: Any) -> None:
    assert code_of(sealed_json({**FIELDS, name: value})) == "invalid_envelope"


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_an_envelope_without_one_of_its_fields_is_refused(name: str) -> None:
    assert code_of(sealed_json({key: value for key, value in FIELDS.items() if key != name})) == (
        "invalid_envelope"
    )


def test_only_a_receipt_has_no_sequence() -> None:
    assert code_of(sealed_json({**FIELDS, "type": "receipt.v1"})) == "invalid_envelope"
    assert code_of(sealed_json({**FIELDS, "type": "receipt.v1", "sequence": 0})) == "invalid_envelope"
    receipt = {**FIELDS, "type": "receipt.v1", "sequence": 0, "prev": None}
    assert opened(sealed_json(receipt)).sequence == 0


def test_the_size_is_bounded_before_anything_is_read() -> None:
    assert code_of(b"a" * (MAX_SEALED_BYTES + 1)) == "too_large"
    with pytest.raises(Unverified) as failure:
        check_properties(MAX_SEALED_BYTES + 1, {})
    assert failure.value.code == "too_large"
    long = {**FIELDS, "body": {"text": "x" * MAX_PAYLOAD_BYTES}}
    assert code_of(sealed_json(long)) == "too_large"


def test_what_is_too_large_is_not_sealed_either() -> None:
    with pytest.raises(Exception, match="too_large"):
        seal(replace(MESSAGE, body={"text": "x" * MAX_PAYLOAD_BYTES}), WIDGET.current())


@pytest.mark.parametrize(
    "properties",
    [
        {"application_headers": {"compression": "application/x-gzip"}},
        {"application_headers": {"Compression": "zstd"}},
        {"headers": {"content-encoding": "gzip"}},
        {"content_encoding": "gzip"},
        {"content_encoding": "utf-8"},
    ],
)
def test_no_encoding_is_undone_for_a_stranger(properties: dict[str, Any]) -> None:
    with pytest.raises(Unverified) as failure:
        check_properties(10, properties)
    assert failure.value.code == "encoded_content"


def test_plain_properties_pass() -> None:
    check_properties(10, {})
    check_properties(10, {"content_encoding": "binary", "application_headers": {"x-delivery-count": 2}})


def test_a_key_with_the_right_name_and_other_material_verifies_nothing() -> None:
    stranger = Key.generate("widget", SEAL, CURRENT)
    borrowed = replace(stranger, kid=WIDGET.current().kid)
    assert code_of(seal(MESSAGE, borrowed)) == "bad_signature"
