"""Bodies of the messages about a trust and its keys: one trust thread per partner.

The account that accepts an invitation opens the thread, with the uuid that the invitation names; the inviter
answers with the same type, which also brings fresh credentials in place of those that the invitation carried.
"""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from services.federation.messages import shapes
from services.federation.messages.shapes import Body
from services.federation.messages.types import NAME, MessageType

KEY_USES: Final = ("sig", "enc")
KEY_STATES: Final = ("next", "current", "retired", "revoked")
MAX_KEYS: Final = 64
MAX_CAPABILITIES: Final = 500

_CURVES: Final = {"sig": "Ed25519", "enc": "X25519"}
COORDINATE: Final = r"[A-Za-z0-9_-]{43}"
DOMAIN: Final = r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"
_ADDRESS = r"amqps?://[A-Za-z0-9.\[\]:_-]{1,255}(?:/[A-Za-z0-9._%-]{1,255})?"


class PublicJwk(Body):
    """RFC 8037: an Ed25519 or X25519 public key, and no private part of one."""

    kty = shapes.one_of(("OKP",))
    crv = shapes.one_of(("Ed25519", "X25519"))
    x = shapes.matching(COORDINATE)


class PublicKey(Body):
    kid = shapes.matching(r"[a-z][a-z0-9-]{1,30}/[A-Za-z0-9_-]{8,64}")
    use = shapes.one_of(KEY_USES)
    state = shapes.one_of(KEY_STATES)
    public = shapes.nested(PublicJwk)


def _check_keys(keys: list[dict[str, object]]) -> None:
    if len({key["kid"] for key in keys}) != len(keys):
        raise ValidationError("A key is named twice.")
    for key in keys:
        public = key["public"]
        if isinstance(public, dict) and public["crv"] != _CURVES[str(key["use"])]:
            raise ValidationError("Keys to seal with are Ed25519, keys to encrypt for are X25519.")
    for use in KEY_USES:
        if sum(key["use"] == use and key["state"] == "current" for key in keys) != 1:
            raise ValidationError(f"Exactly one key for {use!r} must be current.")


def keys() -> fields.Field[Any]:
    """A public ring of at most 64 keys: exactly one current key of each use."""
    one_current = [
        {
            "contains": {"properties": {"use": {"const": use}, "state": {"const": "current"}}},
            "minContains": 1,
            "maxContains": 1,
        }
        for use in KEY_USES
    ]
    about = shapes.in_json_schema(allOf=one_current)
    checks = (validate.Length(max=MAX_KEYS), _check_keys)
    return fields.List(fields.Nested(PublicKey), required=True, validate=checks, metadata=about)


def capabilities() -> fields.Field[Any]:
    """The types that the sender understands; not named by who speaks version 1 and nothing else."""
    name = fields.String(required=True, validate=validate.Regexp(rf"\A(?:{NAME})\Z"))
    return fields.List(name, validate=validate.Length(max=MAX_CAPABILITIES))


def credentials() -> fields.Field[Any]:
    """A JWE for the recipient's current key to encrypt for: `{user, password}` on the sender's border."""
    return shapes.matching(r"[A-Za-z0-9_.-]{1,4096}")


class Border(Body):
    """Where the sender takes deliveries. `ca`: PEM of the authority to trust there; null on loopback only."""

    address = shapes.matching(_ADDRESS)
    ca = shapes.text(65_536, null=True)


class TrustAccepted(Body):
    invitation = shapes.matching(r"[0-9a-f-]{36}")
    name = shapes.text()
    domain = shapes.matching(DOMAIN)
    border = shapes.nested(Border)
    credentials = credentials()
    keys = keys()
    capabilities = capabilities()


class KeysAnnounced(Body):
    keys = keys()
    capabilities = capabilities()


class CredentialsRenewed(Body):
    credentials = credentials()


class TrustEnded(Body):
    reason = shapes.code(null=True)


TYPES: Final = (
    MessageType("trust.accepted.v1", "trust", TrustAccepted(), opens=True),
    MessageType("keys.announced.v1", "trust", KeysAnnounced()),
    MessageType("trust.credentials_renewed.v1", "trust", CredentialsRenewed()),
    MessageType("trust.ended.v1", "trust", TrustEnded()),
)
