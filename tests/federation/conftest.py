"""Accounts that talk over a real broker and database. One pair serves a module: its threads are apart."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.federation import stored
from services.federation.threads import FIRST_INCARNATION
from tests.federation.sides import Side


class Sides:
    """Makes sides (name, settings) with fresh vhosts and databases, and takes all of it away."""

    def __init__(self, broker: Broker, database: Database) -> None:
        self._broker = broker
        self._client = database.administrator()
        self._mark = secrets.token_hex(3)
        self._made: list[Side] = []

    def __call__(self, name: str, **settings: Any) -> Side:
        broker = settings.pop("broker", self._broker)
        side = Side(f"{name}-{self._mark}", broker, self._client[f"talk_{self._mark}_{name}"], **settings)
        self._made.append(side)
        return side

    def pair(self, **settings: dict[str, Any]) -> tuple[Side, Side]:
        """Two that trust each other, and run; `settings` by their names."""
        widget, giga = (self(name, **settings.get(name, {})) for name in ("widget", "giga"))
        widget.trusts(giga)
        giga.trusts(widget)
        widget.start()
        giga.start()
        return widget, giga

    def take_away(self) -> None:
        for side in self._made:
            side.stop()
        for side in self._made:
            if side.broker.running:
                self._delete(side.broker, [f"vhosts/{side.account}", f"vhosts/{side.border_vhost}"])
                users = requests.get(f"{side.broker.admin_uri}/api/users", timeout=30).json()
                self._delete(side.broker, [f"users/{user['name']}" for user in users if self._is_ours(user)])
            self._client.drop_database(side.database)
        self._client.close()

    def _is_ours(self, user: dict[str, str]) -> bool:
        return self._mark in user["name"]

    def _delete(self, broker: Broker, paths: list[str]) -> None:
        for path in paths:
            requests.delete(f"{broker.admin_uri}/api/{path}", timeout=30)


@pytest.fixture
def make_side(broker: Broker, database: Database) -> Iterator[Sides]:
    """Makes sides of the test's own."""
    sides = Sides(broker, database)
    try:
        yield sides
    finally:
        sides.take_away()


@pytest.fixture(scope="module")
def _shared(broker: Broker, database: Database) -> Iterator[tuple[Side, Side]]:
    sides = Sides(broker, database)
    try:
        yield sides.pair()
    finally:
        sides.take_away()


@pytest.fixture
def pair(_shared: tuple[Side, Side]) -> tuple[Side, Side]:
    """Widget and GigaTera trust each other, and both run; nothing stands between them."""
    for side in _shared:
        side.clears()
        assert side.incarnation == FIRST_INCARNATION, "an earlier test needs `pair_apart`"
    return _shared


@pytest.fixture
def pair_apart(make_side: Sides) -> tuple[Side, Side]:
    """A pair of the test's own: whoever is told that a message of his is there which he does not know takes
    himself for restored, and that lasts."""
    return make_side.pair()


@pytest.fixture
def context(database: Database) -> Iterator[Context]:
    """One service's, with a database and nobody beside it. It keeps no note."""
    client, name = database.administrator(), f"alone_{secrets.token_hex(4)}"
    for collection in stored.ALL:
        collection.ensure(client[name])
    config = Config("widget", "widget.example", "", "", sweep_seconds=0.1)
    try:
        yield Context(config, "requests", client[name], clock=SteppedClock())
    finally:
        client.drop_database(name)
        client.close()
