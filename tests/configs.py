"""Configurations of accounts for tests in which nothing is started for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.config import Config

SECRET: Final = (bytes(32),)
NAMES: Final[Mapping[str, str]] = {
    "widget": "Widget Data Center",
    "gigatera": "GigaTera",
    "globalnet": "GlobalNet",
}


def config_of(account: str, **told: Any) -> Config:
    """What the account is told, and where neither a broker nor a database is."""
    nowhere: dict[str, Any] = {
        "name": NAMES.get(account, account.capitalize()),
        "domain": f"{account}.example",
        "amqp_uri": "amqp://127.0.0.1:1",
        "mongo_uri": "mongodb://127.0.0.1:1",
        "secret": SECRET,
    }
    return Config(account=account, **{**nowhere, **told})
