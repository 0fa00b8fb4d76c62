"""Whatever is changed in a ledger is found: in a file that was altered, and in one that was altered and
sealed again by the account itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.common import strict_json
from services.federation.ledger import lines
from services.federation.ledger.verification import verify
from services.federation.sealing import seals
from services.federation.sealing.rings import OwnRing
from tests.unit.federation.ledgers import (
    PARTNERS,
    Record,
    Talk,
    codes,
    file_of,
    records_of,
    resealed,
    talk,
)

SERVICES = ("organizations", "slas", "requests")
MESSAGES = (lines.SENT, lines.RECEIVED)


@st.composite
def talks(draw: st.DrawFn) -> list[Talk]:
    """Some threads, in each something; of those sent, the last ones may have no answer yet."""
    made = []
    for n in range(1, draw(st.integers(1, 3)) + 1):
        said = draw(st.lists(st.sampled_from("sr"), min_size=1, max_size=3)) + draw(
            st.sampled_from(([], ["q"]))
        )
        made.append(talk(draw(st.sampled_from(SERVICES)), draw(st.sampled_from(PARTNERS)), n, *said))
    return made


files = talks().map(file_of)


@settings(max_examples=25, deadline=None)
@given(files)
def test_what_was_not_altered_is_proven(file: list[bytes]) -> None:
    report = verify(file)
    assert (report.findings, report.partial) == ([], [])
    kinds = [record["record"] for record in records_of(file)]
    assert (report.sent, report.received) == tuple(kinds.count(kind) for kind in MESSAGES)


@settings(max_examples=60, deadline=None)
@given(files, st.data())
def test_one_changed_byte_is_found_where_it_is(file: list[bytes], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(file) - 1))
    at = data.draw(st.integers(0, len(file[n]) - 1))
    byte = data.draw(st.integers(0, 255))
    assume(file[n][at] != byte)
    file[n] = file[n][:at] + bytes([byte]) + file[n][at + 1 :]
    # A line feed in the middle makes two of it; the numbers behind it still say where that was.
    found = verify(b"".join(file).splitlines(keepends=True)).findings
    assert any(finding.record is not None and abs(finding.record - (n + 1)) <= 2 for finding in found), found


@settings(max_examples=50, deadline=None)
@given(files, st.data())
def test_a_changed_value_is_found_where_it_is(file: list[bytes], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(file) - 1))
    record = records_of(file)[n]
    name = data.draw(st.sampled_from(sorted(record)))
    value: Any = data.draw(
        st.sampled_from([None, 1, 7, "widget", "accepted", "2026-01-05T09:00:00.000Z", {}, []])
    )
    assume(record[name] != value)
    file[n] = strict_json.dumps({**record, name: value}) + b"\n"
    found = verify(file).findings
    assert any(finding.record is not None and abs(finding.record - (n + 1)) <= 1 for finding in found), found


@settings(max_examples=25, deadline=None)
@given(files, st.data())
def test_dropped_records_are_found_where_they_were(file: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(file) - 1))
    last = data.draw(st.integers(first, len(file) - 1))
    kept = file[:first] + file[last + 1 :]
    found = {(finding.record, finding.code) for finding in verify(kept).findings}
    assert {(first + 1, "record_missing"), (None, "end_missing")} & found


@settings(max_examples=25, deadline=None)
@given(files, files, st.data())
def test_an_added_record_is_found(file: list[bytes], other: list[bytes], data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(file + other))
    at = data.draw(st.integers(0, len(file)))
    assume(line not in (file[at : at + 1] or [b""]) or at < len(file))
    assert verify([*file[:at], line, *file[at:]]).findings


@settings(max_examples=25, deadline=None)
@given(files, st.data())
def test_swapped_records_are_found_where_they_are(file: list[bytes], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(file) - 2))
    second = data.draw(st.integers(first + 1, len(file) - 1))
    file[first], file[second] = file[second], file[first]
    found = verify(file).findings
    assert any(finding.record in (first + 1, second + 1) for finding in found), found


@settings(max_examples=20, deadline=None)
@given(files, st.data())
def test_a_file_that_was_cut_is_no_ledger(file: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(file)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert verify(cut.splitlines(keepends=True)).findings


# Altered by one who has the account seal the end anew: the account's services, and the partners, have sealed
# the rest.


def thread_of(record: Record) -> str | None:
    if record["record"] not in MESSAGES:
        return None
    return str(_payload(record)["thread"])


def _payload(record: Record) -> Any:
    return strict_json.loads(seals.parse(record["sealed"].encode(), seals.MESSAGE)[1])


@settings(max_examples=25, deadline=None)
@given(files, st.data())
def test_a_message_can_not_be_left_out(file: list[bytes], data: st.DataObject) -> None:
    at = data.draw(st.sampled_from(messages_in(file)))
    altered = resealed(file, lambda records: records[:at] + records[at + 1 :])
    report = verify(altered)
    place = _payload(records_of(file)[at])
    told = [finding.text for finding in report.findings if finding.code == "message_missing"]
    assert told
    assert any(place["thread"] in text for text in told)


@settings(max_examples=20, deadline=None)
@given(files, st.data())
def test_a_whole_thread_can_not_be_left_out(file: list[bytes], data: st.DataObject) -> None:
    thread = data.draw(st.sampled_from(sorted({each for r in records_of(file) if (each := thread_of(r))})))
    altered = resealed(file, lambda records: [each for each in records if thread_of(each) != thread])
    findings = verify(altered).findings
    assert {finding.code for finding in findings} == {"message_missing"}
    assert any(thread in finding.text for finding in findings)


@settings(max_examples=15, deadline=None)
@given(files, st.data())
def test_heads_can_not_be_left_out(file: list[bytes], data: st.DataObject) -> None:
    heads = [n for n, record in enumerate(records_of(file)) if record["record"] == lines.HEADS]
    at = data.draw(st.sampled_from(heads))
    assert "heads_missing" in codes(resealed(file, lambda records: records[:at] + records[at + 1 :]))


@settings(max_examples=20, deadline=None)
@given(files, st.data())
def test_messages_can_not_change_places(file: list[bytes], data: st.DataObject) -> None:
    at = messages_in(file)
    assume(len(at) > 1)
    first, second = data.draw(st.lists(st.sampled_from(at), min_size=2, max_size=2, unique=True))

    def swap(records: list[Record]) -> list[Record]:
        records[first], records[second] = records[second], records[first]
        return records

    assert codes(resealed(file, swap))


@settings(max_examples=20, deadline=None)
@given(files, st.data())
def test_a_receipt_can_not_be_left_out(file: list[bytes], data: st.DataObject) -> None:
    at = [n for n, record in enumerate(records_of(file)) if record.get("receipt")]
    assume(at)
    n = data.draw(st.sampled_from(at))
    state = data.draw(st.sampled_from(["accepted", "sent", "held"]))

    def drop(records: list[Record]) -> list[Record]:
        records[n] |= {"receipt": None, "state": state}
        return records

    found = verify(resealed(file, drop)).findings
    assert (n + 1, "receipt_missing") in [(finding.record, finding.code) for finding in found]


@settings(max_examples=20, deadline=None)
@given(files, st.data())
def test_a_receipt_of_another_message_is_none(file: list[bytes], data: st.DataObject) -> None:
    at = [n for n, record in enumerate(records_of(file)) if record.get("receipt")]
    assume(len(at) > 1)
    first, second = data.draw(st.lists(st.sampled_from(at), min_size=2, max_size=2, unique=True))

    def replace(records: list[Record]) -> list[Record]:
        records[first]["receipt"] = records[second]["receipt"]
        return records

    found = [finding for finding in verify(resealed(file, replace)).findings if finding.record == first + 1]
    assert next(finding.code for finding in found) in ("receipt_of_another", "wrong_signer")


@pytest.mark.parametrize("name", ["sealed", "receipt"])
def test_what_another_key_sealed_is_found(name: str) -> None:
    forger = OwnRing.generate("gigatera").current()
    thread = Talk("requests", "gigatera", 1)
    if name == "sealed":
        thread.say("received", key=forger)
    else:
        thread.say("sent", receipt_key=forger)
    found = verify(file_of([thread])).findings
    assert [finding.code for finding in found] == ["unknown_key"]


def messages_in(file: list[bytes]) -> list[int]:
    return [n for n, record in enumerate(records_of(file)) if record["record"] in MESSAGES]
