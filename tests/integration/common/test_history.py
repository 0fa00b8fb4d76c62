"""History: a strip in the record, and a collection that it moves to, read as one."""

from __future__ import annotations

from services.common import history
from tests.integration.common.records import Account


def test_history_moves_and_is_read_as_one(account: Account) -> None:
    record = account.records.insert(1, {}, history=[{"what": 1}])
    for n in range(2, 131):
        record = account.records.save(record, {}, history=[{"what": n}])
        if n == 60:
            account.relay.relay(account.woken)
    assert len(account.document()["history"]) <= history.MAX_STRIP
    entries = account.records.history(1)
    assert [(entry["n"], entry["what"]) for entry in entries] == [(n, n) for n in range(1, 131)]
    assert [entry["n"] for entry in account.records.history(1, limit=3)] == [128, 129, 130]
    assert [entry["n"] for entry in account.records.history(1, before=62, limit=3)] == [59, 60, 61]
    assert [entry["n"] for entry in account.records.history(1, before=3, limit=5)] == [1, 2]
    assert account.records.history(2) == []


def test_history_that_was_copied_and_not_yet_taken_off_is_read_once(account: Account) -> None:
    record = account.records.insert(1, {}, history=[{"what": n} for n in range(1, 61)])
    history._copy(account.context.database, "requests", 1, account.document()["history"])
    account.records.save(record, {}, history=[{"what": 61}])
    assert [entry["n"] for entry in account.records.history(1)] == list(range(1, 62))
    assert history.move(account.context.database, "requests", 1) == 61
    assert [entry["n"] for entry in account.records.history(1)] == list(range(1, 62))
    assert account.document()["history"] == []
