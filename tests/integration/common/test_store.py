"""Records on a real database: one document, one compare-and-set."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from services.common.context import Context
from services.common.errors import Conflict, Invalid, NotFound, Stale
from services.common.store import Record, Records, decide_again, event_row
from tests.integration.common.records import CONFIG, Account, row


def test_a_save_holds_state_rows_and_history_in_one_document(account: Account) -> None:
    first = account.records.insert(1, {"subject": "a", "gone": 1}, rows=[row(1)], history=[{"what": "made"}])
    second = account.records.save(first, {"subject": "b"}, rows=[row(2)], history=[{"what": "changed"}])
    assert (first.version, second.version) == (1, 2)
    document = account.document()
    assert document["subject"] == "b"
    assert "gone" not in document
    assert [waiting["id"] for waiting in document["outbox"]] == ["row-1", "row-2"]
    assert [(entry["n"], entry["what"]) for entry in document["history"]] == [(1, "made"), (2, "changed")]
    assert document["unsent"] == account.clock.now()
    loaded = account.records.get(1)
    assert loaded == Record(1, 2, {"subject": "b"})
    assert [waiting["id"] for waiting in loaded.waiting] == ["row-1", "row-2"]


def test_the_second_of_two_savers_is_stale_and_changes_nothing(account: Account) -> None:
    account.records.insert(1, {"subject": "a"})
    mine, yours = account.records.get(1), account.records.get(1)
    account.records.save(mine, {"subject": "mine"}, rows=[row(1)])
    before = account.document()
    with pytest.raises(Stale):
        account.records.save(yours, {"subject": "yours"}, rows=[row(2)], history=[{"what": "lost"}])
    assert account.document() == before
    with pytest.raises(NotFound):
        account.records.get(2)


def test_a_state_that_was_changed_in_place_is_saved_all_the_same(account: Account) -> None:
    record = account.records.insert(1, {"tags": ["a"], "kept": 1})
    record = account.records.get(1)
    record.state["tags"].append("b")
    account.records.save(record, record.state)
    assert account.records.get(1).state == {"tags": ["a", "b"], "kept": 1}


def test_deciders_at_one_record_lose_no_decision(account: Account) -> None:
    account.records.insert(1, {"count": 0})

    @decide_again
    def count_up(_: int) -> None:
        record = account.records.get(1)
        account.records.save(record, {"count": record.state["count"] + 1}, history=[{"what": "up"}])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(60)))
    record = account.records.get(1)
    assert (record.version, record.state) == (61, {"count": 60})
    assert [entry["n"] for entry in account.records.history(1)] == list(range(1, 61))


def test_a_taken_unique_key_is_a_conflict_that_names_it(account: Account) -> None:
    first = account.records.insert(1, {"key": "a"})
    with pytest.raises(Conflict) as taken:
        account.records.insert(2, {"key": "a"})
    assert taken.value.errors == [("key", "has already been taken")]
    account.records.insert(2, {"key": "b"})
    with pytest.raises(Conflict) as taken:
        account.records.save(first, {"key": "b"})
    assert not isinstance(taken.value, Stale)
    account.records.insert(3, {})
    account.records.insert(4, {})  # sparse: those without the key do not meet


def test_names_the_database_would_read_are_refused(account: Account) -> None:
    record = account.records.insert(1, {})
    state: dict[str, Any]
    for state in ({"$set": 1}, {"a": {"b.c": 1}}, {"a": [{"\0": 1}]}, {"a": 2**63}, {"a": float("nan")}):
        with pytest.raises(Invalid):
            account.records.save(record, state)
    with pytest.raises(Invalid):
        account.records.save(record, {}, rows=[event_row("request.saved", {"a.b": 1})])
    for state in ({"outbox": []}, {"version": 3}, {"_id": 2}, {"at": datetime(2026, 1, 5)}):  # noqa: DTZ001
        with pytest.raises(ValueError, match=r"may not hold|time zone"):
            account.records.save(record, state)
    assert account.records.get(1).version == 1


def test_times_are_kept_in_utc_milliseconds(account: Account) -> None:
    at = datetime(2026, 1, 5, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    saved = account.records.insert(1, {"at": at})
    kept = datetime(2026, 1, 5, 9, 0, 0, 123000, tzinfo=UTC)
    assert saved.state["at"] == kept
    assert account.records.get(1).state["at"] == kept


def test_a_collection_that_nobody_sweeps_is_refused(mongo: Any) -> None:
    context = Context(CONFIG, "requests", mongo, sweeps=frozenset({"requests"}))
    Records(context, "requests")
    with pytest.raises(ValueError, match="nobody would sweep"):
        Records(context, "others")
