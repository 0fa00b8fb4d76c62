"""Records on a real database: one document, one compare-and-set; the relay, history, leases, ids, copies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pymongo import MongoClient, monitoring

from interdesk.database import Database
from services.common import history
from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.copies import Copies, Offer, Offers, saved_event
from services.common.errors import Conflict, Invalid, NotFound, Stale, Unavailable
from services.common.ids import IntegerIds
from services.common.leases import Lease
from services.common.outbox import Relay
from services.common.publishing import Outgoing
from services.common.store import (
    Collection,
    Index,
    Record,
    Records,
    Saved,
    copy_row,
    decide_again,
    event_row,
)

REQUESTS = Collection("requests", (Index("key", unique=True, sparse=True),))
CONFIG = Config("widget", "widget.example", "amqp://nowhere", "mongodb://nowhere")


@dataclass
class Press:
    """A publisher that keeps what it is given; `away` makes it fail."""

    printed: list[Outgoing] = field(default_factory=list)
    away: bool = False

    def publish(self, *messages: Outgoing) -> None:
        if self.away:
            raise Unavailable("broker_silent")
        self.printed += messages

    @property
    def ids(self) -> list[str]:
        return [message.message_id for message in self.printed]


class Account:
    """A service's records, and its relay worked by hand."""

    def __init__(self, database: Any) -> None:
        self.clock = SteppedClock()
        self.woken: list[Saved] = []
        self.press = Press()
        self.context = Context(CONFIG, "requests", database, clock=self.clock, wake=self.woken.append)
        REQUESTS.ensure(self.context.database)
        self.records = Records(self.context, REQUESTS)
        self.relay = self.new_relay()

    def new_relay(self) -> Relay:
        """As after a restart: it remembers nothing."""
        return Relay(
            self.context.database, "widget", "requests", self.press, self.clock, collections=["requests"]
        )

    def document(self, id: int = 1) -> Any:
        return self.context.database["requests"].find_one({"_id": id})


@pytest.fixture
def account(mongo: Any) -> Account:
    return Account(mongo)


def row(nth: int) -> dict[str, Any]:
    return event_row("request.saved", {"nth": nth}, id=f"row-{nth}")


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
    with MongoClient(database.uri(), event_listeners=[counter]) as client:
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


def test_messages_are_handed_to_the_border_and_wait_where_there_is_none(account: Account) -> None:
    message = {
        "id": "m-1",
        "kind": "message",
        "type": "request.taken.v1",
        "partner": "gigatera",
        "sealed": b"x",
    }
    account.records.insert(1, {}, rows=[row(1), message])
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


def test_a_collection_that_nobody_sweeps_is_refused(mongo: Any) -> None:
    context = Context(CONFIG, "requests", mongo, sweeps=frozenset({"requests"}))
    Records(context, "requests")
    with pytest.raises(ValueError, match="nobody would sweep"):
        Records(context, "others")


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


def test_one_holder_at_a_time_has_the_lease(mongo: Any) -> None:
    clock = SteppedClock()
    mine = Lease(mongo, "x", "me", 30, clock)
    yours = Lease(mongo, "x", "you", 30, clock)
    assert mine.acquire()
    assert not yours.acquire()
    clock.step(29)
    assert mine.acquire()
    clock.step(29)
    assert not yours.acquire()
    clock.step(1)
    assert yours.acquire()
    assert not mine.acquire()
    mine.release()
    assert not mine.acquire()
    yours.release()
    assert mine.acquire()


def test_integer_ids_are_given_once_over_processes(mongo: Any) -> None:
    processes = [IntegerIds(mongo, block=5) for _ in range(3)]
    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(lambda n: processes[n % 3].next("request"), range(120)))
    assert len(set(given)) == 120
    assert min(given) == 1
    assert IntegerIds(mongo).next("person") == 1


def test_ids_that_tell_an_order_rise_over_processes(mongo: Any) -> None:
    processes = [IntegerIds(mongo) for _ in range(3)]
    assert [processes[n % 3].next("note", in_order=True) for n in range(9)] == list(range(1, 10))


class Owner:
    """The owner's side, called as by RPC."""

    def __init__(self, offers: Offers) -> None:
        self.offers = offers
        self.asked: list[str] = []

    def call(self, service: str, method: str, actor: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.asked.append(method)
        return self.offers.page(*args) if method == "copies" else self.offers.one(*args)


def test_a_copy_keeps_the_newest_version_whatever_the_order(account: Account) -> None:
    teams = Records(account.context, "teams")
    for id in range(1, 8):
        teams.insert(id, {"name": f"Team {id}", "private": "x"})
    offers = Offers(
        account.context.database, {"team": Offer("teams", lambda record: {"name": record.state["name"]})}
    )
    owner = Owner(offers)
    copies = Copies(account.context.database, owner, {"team": "organizations"}, "widget")

    assert copies.get("team", 3) == {"id": 3, "version": 1, "name": "Team 3"}
    assert copies.get("team", 3) == {"id": 3, "version": 1, "name": "Team 3"}
    assert owner.asked == ["copy"]
    assert copies.get("team", 99) is None
    assert copies.get("site", 1) is None

    newer = saved_event("team", 3, 5, {"name": "Newest"})["body"]
    older = saved_event("team", 3, 4, {"name": "Older"})["body"]
    assert [copies.store("team", saved) for saved in (newer, older, newer)] == [True, False, False]
    assert copies.get("team", 3) == {"id": 3, "version": 5, "name": "Newest"}

    assert copies.fetch("team") == 7
    assert [team["id"] for team in copies.find("team", {}, sort=[("_id", 1)])] == list(range(1, 8))
    assert copies.find_one("team", {"name": "Newest"}) == {"id": 3, "version": 5, "name": "Newest"}
    first = offers.page("team", None, 3)
    assert ([saved["id"] for saved in first["copies"]], first["next"]) == ([1, 2, 3], 3)
    assert offers.page("team", 6, 3)["next"] is None
    with pytest.raises(Invalid):
        offers.page("site")
