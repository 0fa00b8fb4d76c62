"""The relay of a service: what saves have put into records' outboxes is sent, and taken off."""

from __future__ import annotations

from typing import Any

import pytest
from pymongo import MongoClient, monitoring

from interdesk.local.database import Database
from services.common.errors import Unavailable
from services.common.store import copy_row
from tests.integration.common.records import Account, row


class Counter(monitoring.CommandListener):
    """Counts the commands that a client sends."""

    def __init__(self) -> None:
        self.commands: list[str] = []

    def started(self, event: Any) -> None:
        self.commands.append(event.command_name)

    def succeeded(self, event: Any) -> None: ...

    def failed(self, event: Any) -> None: ...


def test_a_save_costs_one_write_and_its_rows_one_more(database: Database, mongo: Any) -> None:
    counter = Counter()
    with MongoClient[dict[str, Any]](database.uri(), event_listeners=[counter]) as client:
        account = Account(client.get_database(mongo.name))
        record = account.records.insert(1, {"subject": "a"}, rows=[row(1)], history=[{"what": "made"}])
        account.relay.relay(account.woken)
        account.woken.clear()
        counter.commands.clear()
        account.records.save(record, {"subject": "b"}, rows=[row(2)], history=[{"what": "changed"}])
        assert counter.commands == ["update"]
        account.relay.relay(account.woken)
        assert counter.commands == ["update", "update"]


def test_the_relay_sends_rows_in_order_and_takes_them_off(account: Account) -> None:
    record = account.records.insert(1, {}, rows=[row(1)])
    record = account.records.save(record, {}, rows=[row(2), row(3)])
    account.records.save(record, {"quiet": True})
    account.relay.relay(account.woken)
    assert account.press.ids == ["row-1", "row-2", "row-3"]
    document = account.document()
    assert document["outbox"] == []
    # A quiet save came after the last rows: the sweep finds that nothing waits any more.
    account.relay.sweep()
    assert "unsent" not in account.document()
    assert account.press.ids == ["row-1", "row-2", "row-3"]


def test_rows_that_could_not_be_sent_are_found_by_the_sweep(account: Account) -> None:
    account.press.away = True
    record = account.records.insert(1, {}, rows=[row(1)])
    with pytest.raises(Unavailable):
        account.relay.relay(account.woken)
    account.records.save(record, {}, rows=[row(2)])
    account.press.away = False
    restarted = account.new_relay()
    assert restarted.sweep(older_than_seconds=5) == 0
    account.clock.step(5)
    assert restarted.sweep(older_than_seconds=5) == 1
    assert account.press.ids == ["row-1", "row-2"]
    assert "unsent" not in account.document()


def test_a_row_that_came_meanwhile_stays_when_others_are_taken_off(account: Account) -> None:
    record = account.records.insert(1, {}, rows=[row(1)])
    first = account.woken.pop()
    account.records.save(record, {}, rows=[row(2)])
    account.relay.relay([first])
    document = account.document()
    assert [waiting["id"] for waiting in document["outbox"]] == ["row-2"]
    assert "unsent" in document
    account.relay.relay(account.woken)
    assert account.press.ids == ["row-1", "row-2"]
    assert "unsent" not in account.document()


def message(id: str) -> dict[str, Any]:
    told = {"type": "request.taken.v1", "partner": "gigatera", "sealed": b"x"}
    return {"id": id, "kind": "message", **told}


def test_partners_messages_leave_all_at_once_and_though_the_bus_is_away(account: Account) -> None:
    for id in (1, 2):
        account.records.insert(id, {}, rows=[row(id), message(f"m-{id}")])
    handed_over: list[list[str]] = []
    account.relay.message_sink = lambda rows: handed_over.append([each["id"] for each in rows])
    account.press.away = True
    with pytest.raises(Unavailable):
        account.relay.relay(account.woken)
    assert handed_over == [["m-1", "m-2"]]
    account.press.away = False
    account.relay.sweep()
    assert account.press.ids == ["row-1", "row-2"]
    assert handed_over == [["m-1", "m-2"]]
    assert "unsent" not in account.document()


def test_messages_are_handed_to_the_border_and_wait_where_there_is_none(account: Account) -> None:
    account.records.insert(1, {}, rows=[row(1), message("m-1")])
    account.relay.relay(account.woken)
    assert account.press.ids == ["row-1"]
    assert [waiting["id"] for waiting in account.document()["outbox"]] == ["m-1"]
    assert "unsent" in account.document()

    taken: list[Any] = []
    restarted = account.new_relay()
    restarted.message_sink = taken.extend
    restarted.sweep()
    assert [(each["id"], each["collection"], each["record"]) for each in taken] == [("m-1", "requests", 1)]
    assert account.document()["outbox"] == []
    assert "unsent" not in account.document()


def test_the_document_of_a_copy_row_is_made_before_the_row_goes(account: Account) -> None:
    note = copy_row("notes", {"_id": 5, "text": "hello"})
    record = account.records.insert(1, {}, rows=[note])
    notes = account.context.database["notes"]
    assert notes.find_one() == {"_id": 5, "text": "hello"}, "it is there right after the save"

    # As if the process had died between the save and that; another one saves before any sweep.
    notes.delete_many({})
    account.woken.clear()
    account.records.save(record, {}, rows=[row(1)])
    account.new_relay().relay(account.woken)
    assert notes.find_one() == {"_id": 5, "text": "hello"}
    assert account.document()["outbox"] == []


def test_a_row_that_cannot_be_sent_holds_up_no_other_record(account: Account) -> None:
    account.records.insert(1, {}, rows=[row(1)])
    account.records.insert(2, {}, rows=[row(2)])
    requests = account.context.database["requests"]
    requests.update_one({"_id": 1}, {"$unset": {"outbox.0.body": ""}})
    assert account.relay.sweep() == 2
    assert account.press.ids == ["row-2"]
    assert "unsent" in account.document(1)
    assert "unsent" not in account.document(2)


def test_a_strip_that_is_full_refuses_more_until_rows_are_sent(account: Account) -> None:
    record = account.records.insert(1, {}, rows=[row(nth) for nth in range(64)])
    with pytest.raises(Unavailable) as full:
        account.records.save(record, {}, rows=[row(64)])
    assert full.value.code == "outbox_full"
    record = account.records.save(record, {"quiet": True})
    account.relay.sweep()
    account.records.save(record, {}, rows=[row(64)])  # loaded before they were sent; that is no hindrance


def test_a_save_that_alone_brings_more_than_a_strip_holds_waits_for_an_empty_one(account: Account) -> None:
    many = [row(nth) for nth in range(1, 201)]
    record = account.records.insert(1, {}, rows=[row(0)])
    with pytest.raises(Unavailable) as full:
        account.records.save(record, {}, rows=many)
    assert full.value.code == "outbox_full"
    account.relay.sweep()
    account.records.save(record, {}, rows=many)
    account.relay.sweep()
    assert account.press.ids == [f"row-{nth}" for nth in range(201)]
