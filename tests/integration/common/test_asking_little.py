"""What need not be asked of the database is not asked: its commands counted, as the services count them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pymongo import MongoClient

from interdesk.local.database import Database
from services.common.clock import SteppedClock
from services.common.copies import KEPT_SECONDS, Copies, saved_event
from services.common.database import Counting
from services.common.ids import IntegerIds
from services.common.leases import Lease


class Kept:
    """A fresh database, and what a service named as it has asked of it."""

    def __init__(self, server: Database) -> None:
        self._service = f"counted-{secrets.token_hex(4)}"
        listeners = [Counting("widget", self._service)]
        self.client: MongoClient[dict[str, Any]] = MongoClient(server.uri(), event_listeners=listeners)
        self.database = self.client[f"test_{secrets.token_hex(6)}"]

    def asked(self, command: str, collection: str) -> float:
        labels = {"account": "widget", "service": self._service, "command": command, "collection": collection}
        return REGISTRY.get_sample_value("interdesk_database_commands_total", labels) or 0.0


@pytest.fixture
def kept(database: Database) -> Iterator[Kept]:
    kept = Kept(database)
    yield kept
    kept.client.drop_database(kept.database)
    kept.client.close()


def test_ids_that_tell_an_order_cost_a_write_for_a_block_while_nobody_else_gives_any(kept: Kept) -> None:
    ids, last = IntegerIds(kept.database, block=5), 0
    for _ in range(10):
        last = ids.next("note", after=last)
    assert last == 10
    assert (kept.asked("find", "counters"), kept.asked("update", "counters")) == (1, 1)


def test_a_lease_is_kept_without_asking_until_half_of_it_is_gone(kept: Kept) -> None:
    clock = SteppedClock()
    lease = Lease(kept.database, "sweep", "me", 30, clock)
    assert lease.acquire()
    asked = kept.asked("update", "leases")
    clock.step(14)
    assert lease.acquire()
    assert kept.asked("update", "leases") == asked
    clock.step(2)
    assert lease.acquire()
    assert kept.asked("update", "leases") == asked + 1
    clock.step(29)
    assert not Lease(kept.database, "sweep", "you", 30, clock).acquire()


def test_a_copy_is_read_once_in_two_seconds_and_a_newer_one_is_seen_at_once(kept: Kept) -> None:
    now = [100.0]
    copies = Copies(kept.database, None, {"team": "organizations"}, "widget", lambda: now[0])  # type: ignore[arg-type]

    def is_kept(version: int, name: str) -> None:
        record = {"name": name, "remote_id": 7, "account": {"id": "gigatera"}}
        copies.store("team", saved_event("team", 3, version, record)["body"])

    def seen() -> set[Any]:
        found = copies.find_one("team", {"account.id": "gigatera", "remote_id": 7})
        return {copies.get("team", 3)["name"], found["name"]}  # type: ignore[index]

    is_kept(1, "Old")
    assert seen() == {"Old"}
    assert seen() == {"Old"}
    assert kept.asked("find", "copy_team") == 2
    is_kept(2, "New")
    assert seen() == {"New"}
    # What another process has stored meanwhile is seen when the time is over.
    kept.database["copy_team"].update_one({"_id": 3}, {"$set": {"name": "Newest", "version": 3}})
    assert seen() == {"New"}
    now[0] += KEPT_SECONDS
    assert seen() == {"Newest"}


def test_a_copy_that_is_as_its_owner_has_it_is_not_written_when_it_is_refreshed(kept: Kept) -> None:
    class Owner:
        version = 2

        def call(self, service: str, method: str, actor: Any, /, *args: Any, **kwargs: Any) -> Any:
            return {"id": 3, "version": self.version, "record": {"id": 3, "name": f"Version {self.version}"}}

    owner = Owner()
    copies = Copies(kept.database, owner, {"team": "organizations"}, "widget", lambda: 100.0)
    copies.refresh("team", 3)
    written = kept.asked("update", "copy_team")
    copies.refresh("team", 3)
    assert kept.asked("update", "copy_team") == written
    # What another process has stored meanwhile is seen by who asks after it, too.
    assert copies.get("team", 3) == {"id": 3, "version": 2, "name": "Version 2"}
    owner.version = 3
    Copies(kept.database, owner, {"team": "organizations"}, "widget").refresh("team", 3)
    copies.refresh("team", 3)
    assert copies.get("team", 3) == {"id": 3, "version": 3, "name": "Version 3"}
