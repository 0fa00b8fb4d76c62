"""Two accounts that talk over a real broker and database."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from interdesk.broker import Broker
from interdesk.database import Database
from tests.federation.talking import Side

MakeSide = Callable[..., Side]


@pytest.fixture
def make_side(broker: Broker, database: Database) -> Iterator[MakeSide]:
    """Makes sides (name, settings) with fresh vhosts and databases; cleans up after the test."""
    sides: list[Side] = []
    client = database.administrator()
    mark = secrets.token_hex(3)

    def make(name: str, **settings: Any) -> Side:
        account = f"{name}-{mark}"
        side = Side(account, settings.pop("broker", broker), client[f"talk_{mark}_{name}"], **settings)
        sides.append(side)
        return side

    try:
        yield make
    finally:
        for side in sides:
            side.stop()
        for side in sides:
            if not side.broker.running:
                continue
            for vhost in (side.account, side.border_vhost):
                requests.delete(f"{side.broker.admin_uri}/api/vhosts/{vhost}", timeout=30)
            for user in requests.get(f"{side.broker.admin_uri}/api/users", timeout=30).json():
                if mark in user["name"]:
                    requests.delete(f"{side.broker.admin_uri}/api/users/{user['name']}", timeout=30)
        for side in sides:
            client.drop_database(side.database)
        client.close()


@pytest.fixture
def pair(make_side: MakeSide) -> tuple[Side, Side]:
    """Widget and GigaTera trust each other, and both run."""
    widget, giga = make_side("widget"), make_side("giga")
    widget.trusts(giga)
    giga.trusts(widget)
    widget.start()
    giga.start()
    return widget, giga
