"""Key rings, and secrets at rest and on the way."""

from __future__ import annotations

import json

import pytest

from services.common.errors import Invalid
from services.federation import ciphers
from services.federation.keys import (
    CURRENT,
    ENCRYPT,
    NEXT,
    RETIRED,
    REVOKED,
    SEAL,
    OwnRing,
    PartnerRing,
    RevokedKey,
    UnknownKey,
    account_of,
)

SECRET = b"s" * 32
RING = OwnRing.generate("widget")


def states(ring: OwnRing, use: str = SEAL) -> list[str]:
    return [key.state for key in ring.keys if key.use == use]


def test_a_new_ring_seals_encrypts_and_has_announced_its_next_key() -> None:
    assert states(RING) == [CURRENT, NEXT]
    assert states(RING, ENCRYPT) == [CURRENT]


def test_a_key_is_named_by_owner_and_thumbprint() -> None:
    assert all(account_of(key.kid) == "widget" for key in RING.keys)
    assert len({key.kid for key in RING.keys}) == 3


def test_rotation_uses_the_announced_key_and_keeps_the_old_one_to_verify() -> None:
    rotated = RING.rotated()
    assert states(rotated) == [RETIRED, CURRENT, NEXT]
    assert rotated.current().kid == RING.keys[1].kid
    known = PartnerRing.from_wire("widget", rotated.to_wire())
    assert known.verifying(RING.current().kid).kid == RING.current().kid


def test_a_revoked_key_verifies_nothing() -> None:
    rotated = RING.rotated()
    old = RING.current().kid
    known = PartnerRing.from_wire("widget", rotated.revoked(old).to_wire())
    with pytest.raises(RevokedKey):
        known.verifying(old)
    with pytest.raises(UnknownKey):
        known.verifying("widget/never-was-there")


def test_the_key_in_use_is_not_revoked_before_it_is_rotated() -> None:
    with pytest.raises(Invalid) as failure:
        RING.revoked(RING.current().kid)
    assert failure.value.code == "key_in_use"


def test_a_revoked_key_stays_revoked() -> None:
    key = RING.rotated().revoked(RING.current().kid).keys[0]
    assert key.state == REVOKED
    for state in (CURRENT, RETIRED, NEXT, REVOKED):
        with pytest.raises(Invalid):
            key.moved(state)


def test_private_keys_lie_encrypted_and_come_back_with_the_secret_only() -> None:
    document = RING.to_document(SECRET)
    assert all((key.private or {})["d"] not in json.dumps(document) for key in RING.keys)
    assert OwnRing.from_document(document, SECRET) == RING
    with pytest.raises(Invalid) as failure:
        OwnRing.from_document(document, b"t" * 32)
    assert failure.value.code == "wrong_secret"


def test_no_private_part_is_announced_or_shown() -> None:
    for key in RING.keys:
        assert (key.private or {})["d"] not in json.dumps(RING.to_wire())
        assert (key.private or {})["d"] not in repr(RING)


def test_a_partner_can_announce_only_keys_of_its_own_name() -> None:
    with pytest.raises(Invalid):
        PartnerRing.from_wire("globalnet", RING.to_wire())
    swapped = [{**RING.to_wire()[0], "kid": RING.to_wire()[1]["kid"]}]
    with pytest.raises(Invalid):
        PartnerRing.from_wire("widget", swapped)


def test_a_partner_ring_comes_back_from_its_document() -> None:
    known = PartnerRing.from_wire("widget", RING.to_wire())
    assert PartnerRing.from_document(known.to_document()) == known


def test_credentials_are_read_by_whom_they_are_for_and_nobody_else() -> None:
    known = PartnerRing.from_wire("widget", RING.to_wire()).encrypting()
    token = ciphers.encrypt_for(known.kid, known.public, {"user": "gigatera", "password": "hush"})
    assert "hush" not in token
    opened = ciphers.decrypt_with(RING.decryption_keys(), token)
    assert opened == {"user": "gigatera", "password": "hush"}
    with pytest.raises(Invalid) as failure:
        ciphers.decrypt_with(OwnRing.generate("globalnet").decryption_keys(), token)
    assert failure.value.code == "undecipherable"


@pytest.mark.parametrize("token", ["", "x", "e30..a.b.c", "." * 4, "bm90IGpzb24.a.b.c.d"])
def test_what_is_no_ciphertext_is_undecipherable(token: str) -> None:
    with pytest.raises(Invalid) as failure:
        ciphers.decrypt_with(RING.decryption_keys(), token)
    assert failure.value.code == "undecipherable"


def test_a_ring_without_a_key_to_encrypt_for_says_so() -> None:
    with pytest.raises(UnknownKey):
        PartnerRing("widget").encrypting()
