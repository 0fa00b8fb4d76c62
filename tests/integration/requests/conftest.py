"""The accounts that the tests of the requests service play with (`accounts.py`)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from interdesk.local.database import Database
from services.common.clock import SteppedClock
from tests.integration.requests.accounts import Desk, agree, desk_of

GIGATERA_HOSTING, GLOBALNET_HOSTING, GLOBALNET_FOR_WIDGET = 100, 200, 300


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def chain(database: Database, clock: SteppedClock) -> Iterator[tuple[Desk, Desk, Desk]]:
    """widget → gigatera → globalnet."""
    with database.administrator() as client:
        names = {account: f"test_{secrets.token_hex(6)}" for account in ("widget", "gigatera", "globalnet")}
        desks = [desk_of(account, client.get_database(name), clock) for account, name in names.items()]
        widget, gigatera, globalnet = desks
        agree(gigatera, widget, GIGATERA_HOSTING)
        agree(globalnet, gigatera, GLOBALNET_HOSTING)
        agree(globalnet, widget, GLOBALNET_FOR_WIDGET)
        yield widget, gigatera, globalnet
        for name in names.values():
            client.drop_database(name)


@pytest.fixture
def widget(chain: tuple[Desk, Desk, Desk]) -> Desk:
    return chain[0]


@pytest.fixture
def gigatera(chain: tuple[Desk, Desk, Desk]) -> Desk:
    return chain[1]


@pytest.fixture
def globalnet(chain: tuple[Desk, Desk, Desk]) -> Desk:
    return chain[2]
