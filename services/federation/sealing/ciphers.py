"""Secrets at rest and on the way: private keys and broker credentials are kept and sent only encrypted.

At rest: JWE `dir` with A256GCM under the account's secret (INTERDESK_SECRET_FILE). While the secret is
changed there are two: what is written is under the first, what is read may be under either.
For a partner: JWE `ECDH-ES` with A256GCM for its current X25519 key, which the header names by `kid`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey
from joserfc.util import urlsafe_b64decode

from services.common import strict_json
from services.common.errors import Invalid

Secret = tuple[bytes, ...]
"""The account's secret, 32 bytes; while it is changed, behind it the other one that is known."""

_AT_REST: Final = ["dir", "A256GCM"]
_ON_THE_WAY: Final = ["ECDH-ES", "A256GCM"]
_MAX_BYTES: Final = 16_384


def encrypt_at_rest(secret: Secret, value: Mapping[str, Any]) -> str:
    """The JSON object `value` as a compact JWE."""
    plain = strict_json.dumps(value)
    return jwe.encrypt_compact(
        {"alg": "dir", "enc": "A256GCM"}, plain, OctKey.import_key(secret[0]), algorithms=_AT_REST
    )


def decrypt_at_rest(secret: Secret, token: str) -> dict[str, Any]:
    """Raises Invalid `wrong_secret` when the token was made with another secret, or altered."""
    for each in secret:
        try:
            opened = jwe.decrypt_compact(token, OctKey.import_key(each), algorithms=_AT_REST)
        except (JoseError, ValueError):
            continue
        return _object(opened.plaintext)
    raise Invalid(
        "wrong_secret",
        "A stored secret can't be opened. Check that INTERDESK_SECRET_FILE holds this account's secret.",
    )


def encrypted_anew(secret: Secret, token: str) -> str:
    """The token as it is, when it is under the first secret; else the same value under that one. Raises as
    `decrypt_at_rest`.
    """
    try:
        decrypt_at_rest(secret[:1], token)
    except Invalid:
        return encrypt_at_rest(secret, decrypt_at_rest(secret, token))
    return token


def encrypt_for(kid: str, public: Mapping[str, Any], value: Mapping[str, Any]) -> str:
    """The JSON object `value` as a compact JWE for the holder of this X25519 key."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": kid}
    key = OKPKey.import_key(dict(public))
    return jwe.encrypt_compact(header, strict_json.dumps(value), key, algorithms=_ON_THE_WAY)


def decrypt_with(keys: Mapping[str, OKPKey], token: str) -> dict[str, Any]:
    """What a partner encrypted for one of our keys (by kid). Raises Invalid `undecipherable`."""
    try:
        segment, _, _ = token.partition(".")
        header = strict_json.loads(urlsafe_b64decode(segment.encode()), max_bytes=4096, max_depth=4)
        opened = jwe.decrypt_compact(token, keys[str(header.get("kid"))], algorithms=_ON_THE_WAY)
        return _object(opened.plaintext)
    except (JoseError, ValueError, KeyError, AttributeError):
        raise Invalid(
            "undecipherable", "What the partner encrypted is not for a key of this account."
        ) from None


def _object(plaintext: bytes | None) -> dict[str, Any]:
    value = strict_json.loads(plaintext or b"", max_bytes=_MAX_BYTES)
    if not isinstance(value, dict):
        raise Invalid("undecipherable", "An encrypted value is not a JSON object.")
    return value
