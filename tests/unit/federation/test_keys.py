"""Key rings, and secrets at rest and on the way."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from services.common.errors import Invalid
from services.federation.sealing import ciphers
from services.federation.sealing.keys import CURRENT, ENCRYPT, NEXT, RETIRED, REVOKED, SEAL, account_of
from services.federation.sealing.rings import MAX_KEPT, OwnRing, PartnerRing, RevokedKey, UnknownKey

SECRET = (b"s" * 32,)
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
    old = RING.current().kid
    known = PartnerRing.from_wire("widget", RING.revoked(old).to_wire())
    with pytest.raises(RevokedKey):
        known.verifying(old)
    with pytest.raises(UnknownKey):
        known.verifying("widget/never-was-there")


def test_revoking_a_key_rotates_so_that_the_announced_next_one_vouches_for_it() -> None:
    old, following = RING.keys[0].kid, RING.keys[1].kid
    revoked = RING.revoked(old)
    assert states(revoked) == [REVOKED, CURRENT, NEXT]
    assert revoked.current().kid == following
    again = revoked.rotated().revoked(following)
    assert states(again) == [REVOKED, REVOKED, RETIRED, CURRENT, NEXT]


def test_a_copy_has_keys_of_its_own_and_has_revoked_those_of_the_original() -> None:
    copy = OwnRing.from_document(RING.of_copy().to_document(SECRET), SECRET)
    assert states(copy) == [REVOKED, REVOKED, CURRENT, NEXT]
    assert {key.kid for key in RING.keys} == {key.kid for key in copy.keys if key.state == REVOKED}
    assert not any(key.private for key in copy.keys if key.state == REVOKED)
    assert copy.sealing({key.kid for key in RING.keys}) == copy.current()
    assert set(copy.decryption_keys()) == {copy.current(ENCRYPT).kid}


def test_a_revoked_next_key_is_replaced_and_the_current_one_stays() -> None:
    revoked = RING.revoked(RING.keys[1].kid)
    assert states(revoked) == [CURRENT, REVOKED, NEXT]
    assert revoked.current() == RING.current()


@pytest.mark.parametrize(
    ("kid", "code"),
    [("widget/never-was-there", "unknown_key"), (RING.keys[0].kid, "illegal_move")],
    ids=["never there", "revoked before"],
)
def test_a_key_is_revoked_once_and_when_it_is_there(kid: str, code: str) -> None:
    ring = RING.revoked(RING.keys[0].kid)
    with pytest.raises(Invalid) as failure:
        ring.revoked(kid)
    assert failure.value.code == code


def test_a_rotation_makes_a_new_key_to_encrypt_for_and_reads_on_what_was_encrypted_before() -> None:
    rotated = RING.rotated()
    assert states(rotated, ENCRYPT) == [RETIRED, CURRENT]
    assert set(rotated.decryption_keys()) == {key.kid for key in rotated.keys if key.use == ENCRYPT}
    old = RING.current(ENCRYPT).kid
    assert old not in rotated.revoked(old).decryption_keys()


def test_a_partner_is_talked_to_with_the_newest_key_that_he_knows() -> None:
    first, second = RING.keys[0].kid, RING.keys[1].kid
    twice = RING.rotated().rotated()
    third = twice.current().kid
    assert twice.sealing(None).kid == third
    assert twice.sealing([first, second, third]).kid == third
    assert twice.sealing([first, second]).kid == second
    assert RING.sealing([first, second]).kid == first  # the next one is announced, not used
    assert twice.revoked(second).sealing([first, second]).kid == first
    assert twice.sealing([]).kid == third


def test_an_announcement_has_room_for_what_is_in_use_however_often_was_rotated() -> None:
    ring = RING
    for _ in range(40):
        ring = ring.rotated()
    told = ring.to_wire()
    assert len(told) == 64
    assert {"current", "next"} <= {key["state"] for key in told}
    assert [key["kid"] for key in told] == [key.kid for key in ring.keys][-64:]


def announced(known: PartnerRing, ring: OwnRing) -> PartnerRing:
    return known.announced(ring.to_wire())


KNOWN = PartnerRing.from_wire("widget", RING.to_wire())


def test_who_holds_the_announced_next_key_may_rotate_and_revoke() -> None:
    following = RING.keys[1].kid
    for ring in (RING.rotated(), RING.revoked(RING.current().kid), RING.rotated().rotated().rotated()):
        assert KNOWN.proves(following, announced(KNOWN, ring))


def test_who_has_stolen_a_key_in_use_can_neither_name_a_successor_nor_revoke_the_next_key() -> None:
    stolen = RING.current().kid
    for ring in (RING.rotated(), RING.revoked(RING.keys[1].kid), RING.revoked(stolen)):
        assert not KNOWN.proves(stolen, announced(KNOWN, ring))
    retired = announced(KNOWN, RING.rotated())
    assert not retired.proves(stolen, announced(retired, RING.rotated().rotated()))


def test_an_announcement_that_changes_nothing_needs_no_proof() -> None:
    assert KNOWN.proves(RING.current().kid, announced(KNOWN, RING))


def test_a_revoked_key_stays_revoked_whoever_says_otherwise() -> None:
    revoked = announced(KNOWN, RING.revoked(RING.current().kid))
    again = announced(revoked, RING.rotated())
    assert again.has_revoked(RING.current().kid)
    assert not again.before_revocations().has_revoked(RING.current().kid)


def test_a_key_that_is_not_named_any_more_verifies_on() -> None:
    rotated = RING.rotated()
    without = [key for key in rotated.to_wire() if key["kid"] != RING.current().kid]
    assert KNOWN.announced(without).verifying(RING.current().kid).state == RETIRED


def test_a_partner_does_not_make_us_keep_any_number_of_keys() -> None:
    known = PartnerRing("widget", KNOWN.keys * (MAX_KEPT // len(KNOWN.keys) + 1))
    many = replace(known, keys=tuple(replace(key, kid=f"{key.kid}{n}") for n, key in enumerate(known.keys)))
    with pytest.raises(Invalid) as failure:
        announced(many, RING.rotated())
    assert failure.value.code == "too_many_keys"


def test_a_revoked_key_stays_revoked() -> None:
    key = RING.revoked(RING.current().kid).keys[0]
    assert key.state == REVOKED
    for state in (CURRENT, RETIRED, NEXT, REVOKED):
        with pytest.raises(Invalid):
            key.moved(state)


def test_private_keys_lie_encrypted_and_come_back_with_the_secret_only() -> None:
    document = RING.to_document(SECRET)
    assert all((key.private or {})["d"] not in json.dumps(document) for key in RING.keys)
    assert OwnRing.from_document(document, SECRET) == RING
    with pytest.raises(Invalid) as failure:
        OwnRing.from_document(document, (b"t" * 32,))
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
