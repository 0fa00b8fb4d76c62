"""Rotating and revoking own keys, and what a partner believes of it."""

from __future__ import annotations

import pytest

from services.common.errors import Invalid
from services.common.verdicts import Park
from services.federation.outgoing import letters
from services.federation.sealing.keys import CURRENT, NEXT, RETIRED, REVOKED, SEAL, Key
from services.federation.sealing.rings import OwnRing
from services.federation.sealing.seals import MESSAGE, parse
from services.federation.threads import Thread
from services.federation.verdicts import refused
from services.organizations import queries
from services.organizations.actions.trusting.announcing import announce_all
from services.organizations.actions.trusting.rotating import revoke_key, rotate_keys
from tests.integration.organizations.pair import Side, befriend, carry, hear


@pytest.fixture
def friends(sides) -> tuple[Side, Side]:
    """Widget and GigaTera, with all receipts there."""
    a, b = sides()
    befriend(a, b)
    for each in (a, b):
        each.is_answered()
        announce_all(each.context)
    return a, b


def rotate(side: Side) -> str:
    return str(rotate_keys(side.context, side.administrator)["kid"])


def kid_of(row) -> str:
    return parse(bytes(row["sealed"]), MESSAGE)[0]


def announcements(side: Side) -> list[dict]:
    return [row for row in side.said if row["type"] == "keys.announced.v1"]


def states(side: Side) -> list[str]:
    return [key.state for key in side.ring.keys if key.use == SEAL]


def test_a_rotation_is_announced_under_the_key_that_the_partner_knows_as_the_next(friends):
    a, b = friends
    old, following = (key.kid for key in a.ring.keys if key.use == SEAL)
    assert rotate(a) == following
    assert states(a) == [RETIRED, CURRENT, NEXT]
    assert kid_of(a.said[-1]) == following
    assert carry(a, b).word == "accepted"
    assert b.knows == {old: RETIRED, following: CURRENT, a.ring.keys[-2].kid: NEXT}
    assert b.context.database["keyrings"].find_one({"_id": "widget"})["keys"] == b.trust["keys"]


def test_a_key_is_used_towards_a_partner_only_when_he_has_receipted_it(friends):
    a, b = friends
    second, third = rotate(a), rotate(a)
    assert len(announcements(a)) == 1  # the next one waits for the receipt of this one
    assert kid_of(a.said[-1]) == second
    carry(a, b)
    a.is_answered()
    announce_all(a.context)
    announce_all(a.context)
    assert len(announcements(a)) == 2
    assert kid_of(a.said[-1]) == third
    assert carry(a, b).word == "accepted"
    assert b.knows[third] == CURRENT


def test_a_partner_who_was_away_for_many_rotations_is_told_of_all_of_them_at_once(friends):
    a, b = friends
    for _ in range(5):
        rotate(a)
    carry(a, b)
    a.is_answered()
    announce_all(a.context)
    assert carry(a, b).word == "accepted"
    told = {key.kid: key.state for key in a.ring.keys if key.use == SEAL}
    assert b.knows == told
    a.is_answered()
    announce_all(a.context)
    assert len(announcements(a)) == 2
    assert a.trust["announcement"] is None


def test_every_partner_is_told_whether_suspended_or_not_and_none_that_has_ended(friends):
    a, b = friends
    a.update(status="suspended")
    rotate(a)
    assert len(announcements(a)) == 1
    b.update(status="ended")
    rotate(b)
    assert announcements(b) == []


def test_a_rotation_that_died_before_it_was_announced_is_announced_by_the_timer(friends):
    a, _ = friends
    a.context.database["trusts"].update_one({}, {"$set": {"status": "invited"}})
    rotate(a)
    assert announcements(a) == []
    a.context.database["trusts"].update_one({}, {"$set": {"status": "active"}})
    announce_all(a.context)
    assert len(announcements(a)) == 1


def test_a_revoked_key_is_vouched_against_by_the_next_one(friends):
    a, b = friends
    stolen = a.ring.current(SEAL).kid
    current = revoke_key(a.context, a.administrator, stolen)["kid"]
    assert states(a) == [REVOKED, CURRENT, NEXT]
    assert carry(a, b).word == "accepted"
    assert b.knows[stolen] == REVOKED
    assert b.knows[current] == CURRENT


@pytest.mark.parametrize("kid", ["widget/never-was-there", ""])
def test_a_key_that_is_not_ours_is_not_revoked(friends, kid):
    a, _ = friends
    with pytest.raises(Invalid) as error:
        revoke_key(a.context, a.administrator, kid)
    assert error.value.code == "unknown_key"
    assert states(a) == [CURRENT, NEXT]


def announced_by_a_thief(a: Side, stolen: Key, ring: OwnRing) -> dict:
    """What somebody with one key of ours could say, in the place of our next message."""
    _, row = letters.write(
        a.context,
        Thread.from_document(a.trust["thread"]),
        type="keys.announced.v1",
        body={"keys": ring.to_wire()},
        key=stolen,
    )
    return row


def test_a_stolen_key_cannot_name_its_successor_nor_revoke_the_one_that_will_revoke_it(friends):
    a, b = friends
    stolen, following = (key for key in a.ring.keys if key.use == SEAL)
    before = b.trust
    for ring in (a.ring.rotated(), a.ring.revoked(following.kid), a.ring.revoked(stolen.kid)):
        with pytest.raises(Park) as parked:
            hear(b, announced_by_a_thief(a, stolen, ring))
        assert parked.value.code == "successor_not_proven"
    assert b.trust == before
    # And the owner is believed, because the place in the thread is still free.
    revoke_key(a.context, a.administrator, stolen.kid)
    assert carry(a, b).word == "accepted"
    assert b.knows[stolen.kid] == REVOKED


def test_what_is_not_proven_counts_when_a_person_approves_it(friends):
    """The next key itself was lost: nobody but a person can know that it is so."""
    a, b = friends
    lost = next(key.kid for key in a.ring.keys if key.state == NEXT)
    revoke_key(a.context, a.administrator, lost)
    with pytest.raises(Park) as parked:
        carry(a, b)
    assert "replaying approves it" in str(parked.value)
    assert hear(b, a.said[-1], approved=True).word == "accepted"
    assert b.knows[lost] == REVOKED
    assert rotate(a)  # and from here on by itself
    a.is_answered(nth=-1)
    announce_all(a.context)
    assert carry(a, b).word == "accepted"


def test_an_announcement_that_is_refused_shows_in_the_trust_and_is_not_said_again(friends):
    a, _ = friends
    rotate(a)
    a.is_answered("refused", "invalid_key")
    announce_all(a.context)
    announce_all(a.context)
    shown = queries.get_trust(a.context.database, "gigatera", a.administrator)
    assert shown["keys_refused"] == "invalid_key"
    assert len(announcements(a)) == 1
    rotate(a)
    assert len(announcements(a)) == 2


def test_an_announcement_of_anothers_keys_is_refused(friends):
    a, b = friends
    following = next(key for key in a.ring.keys if key.state == NEXT)
    row = announced_by_a_thief(a, following, OwnRing("widget", b.ring.keys))
    assert hear(b, row) == refused("invalid_key")


def test_an_invitation_that_was_written_before_a_rotation_can_be_accepted_after_it(sides):
    a, b = sides()
    invitation = a.invite()
    rotate(a)
    rotate(a)
    b.accept(invitation)
    assert carry(b, a).word == "accepted"
    assert carry(a, b).word == "accepted"
    assert b.knows[a.ring.current(SEAL).kid] == CURRENT
    rotate(b)
    assert carry(b, a).word == "accepted"


def test_an_administrator_sees_own_keys_and_who_knows_them_and_no_private_part(friends):
    a, _ = friends
    rotate(a)
    shown = queries.get_keys(a.context.database, a.administrator)
    assert [key["state"] for key in shown["keys"] if key["use"] == "sig"] == [RETIRED, CURRENT, NEXT]
    assert [key["known_by"] for key in shown["keys"] if key["use"] == "sig"] == [["gigatera"]] * 2 + [[]]
    assert "private" not in repr(shown)
    assert shown["rotated_at"] is not None
