"""What a ledger proves, and what it can't: parts of it, threads that are not plain, files that are none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.ledger.evidence import Witness
from services.federation.ledger.findings import Finding
from services.federation.ledger.lines import RECEIVED, SENT
from services.federation.ledger.verification import verify
from tests.unit.federation.ledgers import (
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


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_what_is_no_ledger_is_refused_and_breaks_nothing(garbage: list[bytes]) -> None:
    assert not verify(garbage).proven


def test_a_finding_says_where_and_what() -> None:
    assert (
        str(Finding(7, "bad_signature", "the seal is wrong")) == "record 7: the seal is wrong (bad_signature)"
    )
    assert str(Finding(None, "end_missing", "it was cut")) == "the file: it was cut (end_missing)"
