"""What is told of a request is read as it was written, and an open entry keeps its number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

from services.notifications import documents
from services.notifications.documents import Opened
from services.notifications.model import Alarm, Entry, FollowUp, Situation, Told, alarmed, followed, reminded

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ANN, MIA = 1, 9


def anybody(entry: Entry) -> bool:
    return True


def told(status: str = "assigned", n: int = 1) -> Told:
    at = NINE + timedelta(minutes=n)
    situation = Situation(n, at, NINE, status, member_id=ANN, requester_ids=frozenset({5, 6}))
    alarm = Alarm(17, 3, "resolution", 75, NINE, False, frozenset({MIA}))
    after = alarmed(followed(Told(), situation, anybody), alarm, anybody)
    return reminded(after, FollowUp(3, 1, NINE, at), anybody)


def test_what_was_written_is_read() -> None:
    for each in (Told(), told(), told("waiting_for_customer"), told("completed")):
        numbers = documents.numbered(each, {}, 1, count(40).__next__)
        document = documents.to_document(each, numbers, NINE)
        assert documents.of_document(document) == (each, numbers)
        assert [entry["id"] for entry in document["open"]] == sorted(opened.id for opened in numbers.values())


def test_what_was_written_before_alarms_were_kept_is_read() -> None:
    document = documents.to_document(Told(), {}, NINE)
    older = {name: document[name] for name in ("situation", "open", "heard")}
    assert documents.of_document(older)[0] == Told()


def test_what_stays_open_keeps_its_number_and_what_is_new_gets_the_version_that_opened_it() -> None:
    before = told()
    first = documents.numbered(before, {}, 1, count(40).__next__)
    after = followed(
        before, Situation(2, NINE + timedelta(minutes=2), NINE + timedelta(minutes=2), "assigned"), anybody
    )
    assert set(documents.numbered(after, first, 2, count(50).__next__)) == {
        entry for entry in before.open if entry.about
    }
    moved = alarmed(after, Alarm(18, 3, "response", 50, NINE, False, frozenset({MIA})), anybody)
    numbers = documents.numbered(moved, first, 3, count(60).__next__)
    (new,) = moved.open - before.open
    assert numbers[new] == Opened(60, 3)
    assert {numbers[entry] for entry in moved.open & before.open} <= set(first.values())


def test_only_of_a_request_that_is_over_is_said_since_when() -> None:
    numbers = documents.numbered(told(), {}, 1, count(1).__next__)
    assert "over_at" not in documents.to_document(told(), numbers, NINE)
    assert documents.to_document(told("completed"), {}, NINE)["over_at"] == NINE


def test_who_took_it_himself_has_read_it() -> None:
    taken = followed(Told(), Situation(1, NINE, NINE, "assigned", member_id=ANN), anybody)
    numbers = documents.numbered(taken, {}, 1, count(40).__next__)
    (entry,) = documents.to_document(taken, numbers, NINE)["open"]
    assert documents.in_inbox(7, entry, ANN)["readers"] == [{"person_id": ANN, "at": NINE}]
    assert documents.in_inbox(7, entry, None)["readers"] == []
