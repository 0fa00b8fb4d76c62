"""What a ledger proves, and what it can't: keys at their time, parts of it, threads that are not plain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.clock import iso
from services.federation.keys import CURRENT, NEXT, RETIRED, REVOKED, SEAL, Key, OwnRing
from services.federation.ledger import heads, lines
from services.federation.ledger.evidence import Witness
from services.federation.ledger.findings import Finding
from services.federation.ledger.heads import Head, Row, Run, page_of, run_of
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.ledger.verification import verify
from tests.unit.federation.ledgers import (
    ACCOUNT,
    EXPORT,
    RINGS,
    SEALED_AT,
    START,
    Record,
    Talk,
    codes,
    file_of,
    records_of,
    resealed,
    talk,
)

NOW = START + timedelta(days=1)
CURRENT_KIDS = {account: ring.current().kid for account, ring in RINGS.items()}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def findings(file: list[bytes], *pins: str) -> list[tuple[int | None, str]]:
    return [(finding.record, finding.code) for finding in verify(file, pins).findings]


# Rings as they are after something happened to their keys


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


# Pins


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


# Parts


def test_a_period_is_proven_as_far_as_it_goes_and_says_so() -> None:
    thread = talk("requests", "gigatera", 1, "s", "r", "s", "s", "r", "s")  # at minutes 0 to 5
    file = file_of([thread, talk("requests", "globalnet", 2, "s")], since=at(2), until=at(5))
    report = verify(file)
    assert report.findings == []
    assert (report.threads, report.sent, report.received) == (1, 2, 1)
    assert [text.split(":")[0] for text in report.partial] == ["slas", "slas", "requests", "requests"]


def test_in_a_part_too_nothing_can_be_left_out() -> None:
    thread = talk("requests", "gigatera", 1, *"ssssss")
    file = file_of([thread], since=at(1), until=at(5))
    sent = [n for n, record in enumerate(records_of(file)) if record["record"] == SENT]
    assert len(sent) == 4
    for n in sent:
        assert codes(resealed(file, without(n))) == ["message_missing"]


def without(n: int) -> Callable[[list[Record]], list[Record]]:
    return lambda records: records[:n] + records[n + 1 :]


def test_heads_of_another_export_or_part_are_not_taken() -> None:
    whole = file_of([talk("requests", "gigatera", 1, "s")])
    part = file_of([talk("requests", "gigatera", 1, "s")], since=at(0))
    mixed = resealed(whole, lambda records: [records[0], *records_of(part)[1:-1]])
    assert "heads_of_another_part" in codes(mixed)


# Threads that are not plain


def test_what_is_withheld_is_held_in_its_place_by_the_hashes_around_it() -> None:
    thread = Talk("organizations", "gigatera", 1)
    thread.say(SENT, type="trust.accepted.v1", withheld=True)
    thread.say(SENT)
    file = file_of([thread])
    report = verify(file)
    assert (report.findings, report.withheld) == ([], 1)
    at_it = next(n for n, record in enumerate(records_of(file)) if record.get("withheld"))

    def altered(records: list[Record]) -> list[Record]:
        records[at_it]["withheld"]["hash"] = "0" * 64
        return records

    assert codes(resealed(file, altered)) == ["receipt_of_another", "chain_broken"]


def test_nothing_is_withheld_but_what_carries_credentials() -> None:
    """One who exports may not black out what a partner said."""
    thread = Talk("requests", "gigatera", 1)
    thread.say(RECEIVED, withheld=True)
    assert "withheld_elsewhere" in codes(file_of([thread]))


def test_a_message_that_the_account_refused_for_its_predecessor_is_shown_as_a_disagreement() -> None:
    thread = Talk("requests", "gigatera", 1)
    thread.say(RECEIVED)
    record = thread.say(RECEIVED, prev="f" * 64, state="refused")
    assert codes(file_of([thread])) == ["chain_broken"]
    record["code"] = "chain_broken"
    report = verify(file_of([thread]))
    assert report.findings == []
    assert any("disagree" in text for text in report.unknown)


@pytest.mark.parametrize("direction", [SENT, RECEIVED])
def test_a_restored_sender_begins_anew_in_a_higher_incarnation(direction: str) -> None:
    thread = Talk("requests", "gigatera", 1)
    for _ in range(3):
        thread.say(direction)
    thread.say(direction, incarnation=2, again=1)
    assert findings(file_of([thread])) == []
    del thread.rows[-1]
    thread.say(direction, incarnation=2, again=2)
    assert codes(file_of([thread])) == ["message_missing"]


def test_what_was_taken_back_or_brought_back_needs_no_receipt() -> None:
    """deliveries.py: its state is final, and nobody gave a receipt. It is not told as receipted."""
    thread = Talk("requests", "gigatera", 1)
    record = thread.say(SENT, state="sent")
    record |= {"state": "refused", "code": "superseded"}
    seen: list[Witness] = []
    assert verify(file_of([thread]), seen=seen.append).findings == []
    assert [(each.verdict, each.receipted_at) for each in seen] == [(None, None)]


def test_what_is_to_be_sent_again_keeps_its_receipt() -> None:
    thread = Talk("requests", "gigatera", 1)
    thread.say(SENT)["state"] = "queued"
    report = verify(file_of([thread]))
    assert (report.findings, report.receipts) == ([], 1)


def test_a_refused_and_a_parked_message_are_proven_too() -> None:
    thread = Talk("requests", "gigatera", 1)
    thread.say(SENT, state="refused")
    thread.say(RECEIVED, state="parked")
    seen: list[Witness] = []
    assert verify(file_of([thread]), seen=seen.append).findings == []
    assert [(each.verdict, each.code) for each in seen] == [("refused", "discarded"), ("parked", None)]


def test_a_loss_in_the_account_s_own_store_is_shown() -> None:
    """The heads tell of what the store has; that something between is missing can be seen from them."""
    thread = Talk("requests", "gigatera", 1)
    for _ in range(3):
        thread.say(SENT)
    del thread.rows[1]
    (finding,) = verify(file_of([thread])).findings
    assert finding.code == "message_missing"
    assert "#2 is missing" in finding.text


# Hostile files


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_what_is_no_ledger_is_refused_and_breaks_nothing(garbage: list[bytes]) -> None:
    assert not verify(garbage).proven


def test_a_finding_says_where_and_what() -> None:
    assert (
        str(Finding(7, "bad_signature", "the seal is wrong")) == "record 7: the seal is wrong (bad_signature)"
    )
    assert str(Finding(None, "end_missing", "it was cut")) == "the file: it was cut (end_missing)"


# Heads


def rows(*sequences: int, at_: datetime = START, answered: bool = True) -> list[Row]:
    return [Row((1, n), f"{n:064x}", at_, answered) for n in sequences]


def test_a_run_names_first_last_count_and_hash() -> None:
    assert run_of(rows(3, 1, 2), NOW) == Run((1, 1), (1, 3), 3, f"{3:064x}")
    assert run_of([], NOW) is None


def test_what_has_no_receipt_yet_is_named() -> None:
    given_rows = [*rows(1), *rows(2, 3, answered=False), *rows(4), *rows(5, answered=False)]
    run = run_of(given_rows, NOW)
    assert run is not None
    assert run.unanswered == (((1, 2), (1, 3)), ((1, 5), (1, 5)))
    assert [run.waits_for((1, n)) for n in range(1, 6)] == [False, True, True, False, True]


def test_what_may_still_be_on_its_way_into_the_store_is_left_for_the_next_export() -> None:
    young = NOW - timedelta(seconds=5)
    run = run_of([*rows(1), *rows(3, at_=young)], NOW)
    assert run is not None
    assert run.last == (1, 1)
    assert run_of(rows(2, at_=young), NOW) is None


def test_what_is_missing_for_longer_is_a_loss_and_told() -> None:
    run = run_of(rows(1, 3), NOW)
    assert run is not None
    assert (run.last, run.count) == ((1, 3), 2)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=40), st.integers(1, 30))
def test_pages_of_heads_hold_every_thread_once_and_the_partners_of_one_together(
    partners: list[int], most: int
) -> None:
    threads = [
        Head(f"handover/widget/{n:04}", f"partner-{partner}", run_of(rows(1), NOW), None)
        for n, several in enumerate(partners)
        for partner in range(several)
    ]
    told: list[Head] = []
    after: str | None = ""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heads, "MAX_PAGE_THREADS", max(5, most))
        while after is not None:
            page, through = page_of([head for head in threads if head.thread > after])
            told += page
            assert through is None or {head.thread for head in page} <= {
                h.thread for h in threads if h.thread <= through
            }
            after = through
    assert told == threads


def test_a_page_of_heads_fits_into_a_seal() -> None:
    many = [Head(f"handover/{'w' * 31}/{n:036}", "p" * 31, run_of(rows(1), NOW), None) for n in range(2000)]
    page, through = page_of(many)
    assert through is not None
    said = dict.fromkeys(("partners", "threads", "since", "until", "after"))
    sealed = heads.seal(
        RINGS[ACCOUNT].current(),
        heads.HEADS,
        ACCOUNT,
        EXPORT,
        SEALED_AT,
        service="requests",
        through=through,
        heads=[head.to_document() for head in page],
        **said,
    )
    assert len(sealed) < lines.MAX_LINE_BYTES
