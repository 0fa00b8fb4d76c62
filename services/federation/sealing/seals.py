"""Seals: the one form of JWS that Interdesk writes and believes (RFC 7515 compact, alg `Ed25519`).

The protected header is `{"alg": "Ed25519", "kid", "typ"}` and nothing else, so nothing in it can point
elsewhere (`jwk`, `x5u`, `crit` …); `typ` keeps a message from being taken for an invitation, or for the end
of a ledger. Segments must be the canonical base64url of their bytes: one sealed thing has one form.
"""

from __future__ import annotations

from typing import Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from services.common import strict_json
from services.federation.sealing.keys import Key

ALGORITHM: Final = "Ed25519"
MESSAGE: Final = "interdesk-message"
INVITATION: Final = "interdesk-invitation"
LEDGER: Final = "interdesk-ledger"

MAX_SEALED_BYTES: Final = 384 * 1024
_MAX_HEADER_BYTES: Final = 512


class Malformed(ValueError):
    """The bytes have not the form of a seal of the expected typ."""


class Broken(ValueError):
    """The seal does not verify with the key."""


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=[ALGORITHM])
    registry.max_payload_length = MAX_SEALED_BYTES
    return registry


_REGISTRY: Final = _registry()


def sign(payload: bytes, key: Key, typ: str) -> bytes:
    """The sealed bytes. `key` has its private part."""
    header = {"alg": ALGORITHM, "kid": key.kid, "typ": typ}
    return jws.serialize_compact(header, payload, key.signing, registry=_REGISTRY).encode()


def parse(raw: bytes, typ: str) -> tuple[str, bytes]:
    """The kid and the payload that these bytes claim. Nothing is verified yet. Raises Malformed."""
    segments = raw.split(b".")
    try:
        if len(raw) > MAX_SEALED_BYTES or len(segments) != 3:
            raise Malformed("not three segments")
        header, payload, signature = (urlsafe_b64decode(segment) for segment in segments)
        if b".".join(urlsafe_b64encode(part) for part in (header, payload, signature)) != raw:
            raise Malformed("not canonical base64url")
        said = strict_json.loads(header, max_bytes=_MAX_HEADER_BYTES, max_depth=1)
    except (ValueError, IndexError):
        raise Malformed("not a JWS in compact form") from None
    if not isinstance(said, dict) or said.keys() != {"alg", "kid", "typ"}:
        raise Malformed("the header must hold alg, kid and typ, and nothing else")
    if said["alg"] != ALGORITHM or said["typ"] != typ or not isinstance(said["kid"], str):
        raise Malformed(f"the header must say {ALGORITHM} and {typ}")
    return said["kid"], payload


def verify(raw: bytes, key: Key) -> bytes:
    """The payload of parsed bytes whose seal verifies with the key. Raises Broken."""
    try:
        return jws.deserialize_compact(raw, key.verifying, registry=_REGISTRY).payload
    except (JoseError, ValueError):
        raise Broken(f"the seal does not verify with {key.kid}") from None
