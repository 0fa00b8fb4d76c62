"""What a ledger proves by keys at their time: retired, revoked, announced, pinned, and strangers'."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.common.clock import iso
from services.federation.ledger import lines
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.ledger.verification import verify
from services.federation.sealing.keys import CURRENT, NEXT, RETIRED, REVOKED, SEAL, Key
from services.federation.sealing.rings import OwnRing
from tests.unit.federation.ledgers import (
    ACCOUNT,
    RINGS,
    Record,
    Talk,
    at,
    codes,
    file_of,
    findings,
    records_of,
    resealed,
    talk,
)

CURRENT_KIDS = {account: ring.current().kid for account, ring in RINGS.items()}


def ring_of(account: str, *states: str) -> OwnRing:
    """A ring whose keys to seal with have these states, the oldest first."""
    return OwnRing(account, tuple(Key.generate(account, SEAL, state) for state in states))


def moved(ring: OwnRing, *states: str) -> OwnRing:
    return OwnRing(ring.account, tuple(replace(k, state=s) for k, s in zip(ring.keys, states, strict=True)))


def announcing(ring: OwnRing, trust: Talk, minutes: float, key: Key) -> None:
    """The account of the ring announces it in the thread of the trust, sealed with this key of it."""
    enc = Key.generate(ring.account, "enc")
    body = {"keys": [*ring.to_wire(), enc.to_wire()]}
    direction = SENT if ring.account == ACCOUNT else RECEIVED
    trust.say(direction, type="keys.announced.v1", body=body, key=key, at=at(minutes))


def rotated(state: str = RETIRED) -> tuple[OwnRing, Talk]:
    """gigatera's ring after its first key gave way to the second at minute 10, and the trust that says so."""
    before = ring_of("gigatera", CURRENT, NEXT)
    after = moved(before, state, CURRENT)
    trust = Talk("organizations", "gigatera", 1)
    announcing(after, trust, 10, after.keys[1])
    return after, trust


def said_by(key: Key, minutes: float, n: int = 2) -> Talk:
    made = Talk("requests", "gigatera", n)
    made.say(RECEIVED, key=key, at=at(minutes))
    return made


def test_a_retired_key_verifies_what_it_sealed_whenever_it_came() -> None:
    ring, trust = rotated()
    file = file_of([trust, said_by(ring.keys[0], 5), said_by(ring.keys[0], 15, 3)], rings=with_(ring))
    assert findings(file) == []


def with_(*rings: OwnRing) -> dict[str, OwnRing]:
    return {**RINGS, **{ring.account: ring for ring in rings}}


def test_a_revoked_key_verifies_what_came_before_its_revocation_and_nothing_after() -> None:
    ring, trust = rotated(REVOKED)
    before = file_of([trust, said_by(ring.keys[0], 5)], rings=with_(ring))
    report = verify(before)
    assert report.findings == []
    assert any(f"{ring.keys[0].kid} was revoked later" in text for text in report.unknown)
    after = file_of([trust, said_by(ring.keys[0], 15)], rings=with_(ring))
    assert codes(after) == ["revoked_key"]


def test_of_the_account_s_own_words_under_a_revoked_key_the_receipt_is_the_proof() -> None:
    """Without one they are to be sealed again, and it can't be known who said them."""
    before = Key.generate(ACCOUNT, SEAL, REVOKED)
    ring = OwnRing(ACCOUNT, (*RINGS[ACCOUNT].keys, before))
    thread = Talk("requests", "gigatera", 2)
    thread.say(SENT, key=before)
    told = "no receipt says that it came before"
    receipted = verify(file_of([thread], rings=with_(ring)))
    assert receipted.findings == []
    assert not any(told in text for text in receipted.unknown)
    thread = Talk("requests", "gigatera", 2)
    thread.say(SENT, key=before, state="sent")
    waiting = verify(file_of([thread], rings=with_(ring)))
    assert waiting.findings == []
    assert any(told in text for text in waiting.unknown)


def test_what_a_person_approved_is_taken_and_said_to_be_his_word() -> None:
    ring, trust = rotated(REVOKED)
    thread = Talk("requests", "gigatera", 2)
    thread.say(RECEIVED, key=ring.keys[0], at=at(15))["approved_at"] = iso(at(20))
    report = verify(file_of([trust, thread], rings=with_(ring)))
    assert report.findings == []
    assert any("a person of widget took it" in text for text in report.unknown)


def test_an_announcement_that_was_refused_tells_nothing() -> None:
    """Neither does it revoke: a thief may have made it."""
    before = ring_of("gigatera", CURRENT, NEXT)
    trust = Talk("organizations", "gigatera", 1)
    announcing(moved(before, REVOKED, CURRENT), trust, 10, before.keys[0])
    trust.rows[-1][1].update(state="refused", code="not_proven")
    file = file_of([trust, said_by(before.keys[0], 15)], rings=with_(before))
    assert findings(file) == []
    stranger = before.keys[1].kid
    assert "key_not_pinned" in [code for _, code in findings(file, stranger)]


def test_a_ring_that_takes_a_revocation_back_is_not_believed() -> None:
    ring, trust = rotated(REVOKED)
    file = file_of([trust, said_by(ring.keys[0], 15)], rings=with_(moved(ring, RETIRED, CURRENT)))
    assert codes(file) == ["revoked_key"]


def test_a_key_that_goes_by_another_s_name_is_found() -> None:
    file = file_of([talk("requests", "gigatera", 1, "s")])

    def replaced(records: list[Record]) -> list[Record]:
        keys = [n for n, record in enumerate(records) if record["record"] == lines.KEY]
        records[keys[0]]["public"] = records[keys[1]]["public"]
        return records

    assert "key_altered" in codes(resealed(file, replaced))


def test_pinned_keys_are_enough_and_all_that_is_not_known_is_said() -> None:
    file = file_of([talk("requests", "gigatera", 1, "s", "r")])
    report = verify(file, [CURRENT_KIDS["widget"], CURRENT_KIDS["gigatera"]])
    assert report.findings == []
    assert not any("pinned" in text for text in report.unknown)
    assert {key["known"] for key in report.keys} == {"pinned"}
    alone = verify(file, [CURRENT_KIDS["widget"]])
    assert any("gigatera" in text and "pinned" in text for text in alone.unknown)


def test_a_key_that_is_not_the_pinned_one_is_found_where_it_is_first_used() -> None:
    file = file_of([talk("requests", "gigatera", 1, "s", "r")])
    other = OwnRing.generate("gigatera").current().kid
    at_first = next(record["n"] for record in records_of(file) if record["record"] == SENT)  # the receipt
    assert findings(file, other) == [(at_first, "key_not_pinned")]


@pytest.mark.parametrize("pinned", [0, 1])
def test_one_pinned_key_leads_to_those_that_are_announced_with_it(pinned: int) -> None:
    """Backwards and onwards: the announcement names old and new, and is sealed with one that was known."""
    first, second, third = (Key.generate("gigatera", SEAL, state) for state in (RETIRED, RETIRED, CURRENT))
    trust = Talk("organizations", "gigatera", 1)
    announcing(OwnRing("gigatera", (replace(first, state=CURRENT), second)), trust, 1, first)
    announcing(
        OwnRing("gigatera", (first, replace(second, state=CURRENT), replace(third, state=NEXT))),
        trust,
        2,
        second,
    )
    ring = OwnRing("gigatera", (first, second, third))
    file = file_of([trust, said_by(third, 3)], rings=with_(ring))
    assert findings(file, ring.keys[pinned].kid) == []
    assert "key_not_pinned" in [
        code for _, code in findings(file, OwnRing.generate("gigatera").current().kid)
    ]


def test_a_key_that_only_a_stranger_announced_is_not_believed() -> None:
    ring = ring_of("gigatera", CURRENT)
    thief = ring_of("gigatera", CURRENT)
    trust = Talk("organizations", "gigatera", 1)
    announcing(OwnRing("gigatera", (*ring.keys, *moved(thief, RETIRED).keys)), trust, 1, thief.keys[0])
    both = OwnRing("gigatera", (*ring.keys, *thief.keys))
    file = file_of([trust, said_by(ring.keys[0], 2)], rings=with_(both))
    assert "key_not_pinned" in [code for _, code in findings(file, ring.keys[0].kid)]
