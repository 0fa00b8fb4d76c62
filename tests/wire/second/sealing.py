"""JSON, seals and encrypted credentials: sections 2 and 7 of docs/partner-protocol.md."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash

Json = dict[str, Any]

MAX_PAYLOAD, MAX_SEALED, MAX_LEVELS = 262_144, 393_216, 16


class Unproven(Exception):
    """What nobody is proven to have said. It goes to quarantine under this code."""


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def written(value: Any) -> bytes:
    """Canonical JSON."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(raw: bytes) -> Any:
    """JSON with one meaning. Raises Unproven."""

    def once(pairs: list[tuple[str, Any]]) -> Json:
        if len(dict(pairs)) != len(pairs):
            raise Unproven("duplicate_key")
        return dict(pairs)

    def constant(_: str) -> Any:
        raise Unproven("not_a_number")

    def number(text: str) -> float:
        value = float(text) if re.search("[.eE]", text) else int(text[:20])
        if not math.isfinite(value) or (isinstance(value, int) and abs(value) >= 2**53):
            raise Unproven("number_too_big")
        return value

    def levels(value: Any) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(levels, inner), default=0)

    if len(raw) > MAX_PAYLOAD:
        raise Unproven("too_large")
    try:
        value = json.loads(
            raw.decode(),
            object_pairs_hook=once,
            parse_constant=constant,
            parse_float=number,
            parse_int=number,
        )
        written(value)
    except UnicodeError:
        raise Unproven("not_unicode") from None
    except ValueError:
        raise Unproven("not_json") from None
    if levels(value) > MAX_LEVELS:
        raise Unproven("too_deep")
    return value


def thumbprint(jwk: Mapping[str, str]) -> str:
    """RFC 7638."""
    return b64(hashlib.sha256(written({name: jwk[name] for name in ("crv", "kty", "x")})).digest())


def public(account: str, key: Any, use: str, state: str = "current") -> Json:
    """A key of one's own as a ring names it."""
    crv = "Ed25519" if use == "sig" else "X25519"
    jwk = {"kty": "OKP", "crv": crv, "x": b64(key.public_key().public_bytes_raw())}
    return {"kid": f"{account}/{thumbprint(jwk)}", "use": use, "state": state, "public": jwk}


def sealed(payload: bytes, kid: str, key: Ed25519PrivateKey, typ: str = "interdesk-message") -> bytes:
    signed = f"{b64(written({'alg': 'Ed25519', 'kid': kid, 'typ': typ}))}.{b64(payload)}"
    return f"{signed}.{b64(key.sign(signed.encode()))}".encode()


def parsed(raw: bytes, typ: str) -> tuple[str, bytes, bytes, bytes]:
    """The kid, the payload, and what is signed by which signature. Raises Unproven."""
    try:
        header, payload, signature = (unb64(part) for part in raw.decode("ascii").split("."))
        said = read(header)
        if said.keys() != {"alg", "kid", "typ"} or (said["alg"], said["typ"]) != ("Ed25519", typ):
            raise ValueError
    except (ValueError, AttributeError, Unproven):
        raise Unproven("not_an_envelope") from None
    return said["kid"], payload, raw.rpartition(b".")[0], signature


def verified(ring: list[Json], kid: str, signed: bytes, signature: bytes) -> None:
    key = next((key for key in ring if key["kid"] == kid and key["use"] == "sig"), None)
    if key is None or key["state"] == "revoked":
        raise Unproven("unknown_key" if key is None else "revoked_key")
    try:
        Ed25519PublicKey.from_public_bytes(unb64(key["public"]["x"])).verify(signature, signed)
    except InvalidSignature:
        raise Unproven("bad_signature") from None


def _agreed(shared: bytes) -> AESGCM:
    sizes = [len(b"A256GCM").to_bytes(4, "big") + b"A256GCM", bytes(4), bytes(4), (256).to_bytes(4, "big")]
    return AESGCM(ConcatKDFHash(SHA256(), 32, b"".join(sizes)).derive(shared))


def encrypted(value: Json, ring: list[Json]) -> str:
    key = next(key for key in ring if key["use"] == "enc" and key["state"] == "current")
    ours = X25519PrivateKey.generate()
    epk = {"kty": "OKP", "crv": "X25519", "x": b64(ours.public_key().public_bytes_raw())}
    header = b64(written({"alg": "ECDH-ES", "enc": "A256GCM", "kid": key["kid"], "epk": epk}))
    shared = ours.exchange(X25519PublicKey.from_public_bytes(unb64(key["public"]["x"])))
    iv = os.urandom(12)
    made = _agreed(shared).encrypt(iv, written(value), header.encode())
    return f"{header}..{b64(iv)}.{b64(made[:-16])}.{b64(made[-16:])}"


def decrypted(token: str, key: X25519PrivateKey) -> Json:
    header, _, iv, text, tag = token.split(".")
    epk = X25519PublicKey.from_public_bytes(unb64(read(unb64(header))["epk"]["x"]))
    made = _agreed(key.exchange(epk)).decrypt(unb64(iv), unb64(text) + unb64(tag), header.encode())
    opened: Json = read(made)
    return opened
