"""A founded account with people of every kind, once per module: its tests only read what others made."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest

from interdesk.local.database import Database
from services.common.database import CODEC, MAJORITY
from tests.configs import config_of
from tests.integration.gateway.account import ADMINISTRATOR, SERVICES, Account, Asked, Client, found_account
from tests.integration.gateway.made import Made, bodies_in, some_in


@pytest.fixture(scope="module")
def account(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    token_file: Path = tmp_path_factory.mktemp("account") / "founding-token"
    token_file.write_text(ADMINISTRATOR)
    config = config_of(
        "widget",
        founding_token_file=token_file,
        public_url="https://widget.example",
        rate_limit_per_hour=10**6,
        rate_limit_burst=10**6,
    )
    prefix, asked = secrets.token_hex(6), Asked()
    with pymongo.MongoClient[dict[str, Any]](database.uri(), event_listeners=[asked]) as client:
        databases: dict[str, Any] = {
            name: client.get_database(f"test_{prefix}_{name}", codec_options=CODEC, write_concern=MAJORITY)
            for name in SERVICES
        }
        yield found_account(databases, config, asked)
        for each in databases.values():
            client.drop_database(each)


@pytest.fixture(scope="module")
def administrator(account: Account) -> Client:
    return account.client()


@pytest.fixture(scope="module")
def bodies(administrator: Client) -> dict[str, Made]:
    """What makes a record of each kind, by path."""
    return bodies_in(administrator)


@pytest.fixture(scope="module")
def records(administrator: Client) -> dict[str, list[Made]]:
    """Some records of each kind."""
    return some_in(administrator)
