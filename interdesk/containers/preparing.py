"""What an account needs on broker and database before its services start: vhosts, its user on them, and a
database user for each service.

It is told by the account's own configuration (docs/configuration.md), the same that its services get, and may
be done again at any time: at every deployment, as Compose and Kubernetes do it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from pymongo import MongoClient

from interdesk.database_users import ensure_account_users
from interdesk.vhosts import Vhosts, ensure_vhosts
from services.common.config import Config

_SELECTION_MILLISECONDS = 10_000


class CantPrepare(Exception):
    """The configuration does not say what is needed. The text says what."""


def prepare(config: Config, mongo_admin_uri: str) -> list[str]:
    """Lines that say what is there now.

    Raises CantPrepare, BrokerRefused, PyMongoError.
    """
    if config.broker_admin_uri is None:
        raise CantPrepare("INTERDESK_BROKER_ADMIN_URI is needed: who may make vhosts and users on the broker")
    if not config.mongo_users:
        raise CantPrepare("INTERDESK_MONGO_USERS_FILE is needed: the logins that the services will use")
    password = _broker_password(config)
    users = {
        service: {"user": login.user, "password": login.password}
        for service, login in config.mongo_users.items()
    }
    with MongoClient[dict[str, Any]](
        mongo_admin_uri, serverSelectionTimeoutMS=_SELECTION_MILLISECONDS
    ) as client:
        ensure_account_users(client, config.account, users)
    vhosts = ensure_vhosts(config.broker_admin_uri, config.account, password)
    return [
        f"database users: {', '.join(sorted(login['user'] for login in users.values()))}",
        f"broker: user {config.account} on the vhosts {vhosts.inside} and {vhosts.border}",
    ]


def _broker_password(config: Config) -> str:
    """That of the account's user, which its URIs name. Raises CantPrepare."""
    vhosts = Vhosts.of(config.account)
    passwords = set()
    for name, uri, vhost in (
        ("AMQP_URI", config.amqp_uri, vhosts.inside),
        ("INTERDESK_BORDER_URI", config.border_uri, vhosts.border),
    ):
        parts = urlsplit(uri or "")
        named = (unquote(parts.username or ""), unquote(parts.path.removeprefix("/")))
        if named != (config.account, vhost) or not parts.password:
            raise CantPrepare(f"{name} must name the user {config.account} with a password, and {vhost}")
        passwords.add(unquote(parts.password))
    if len(passwords) > 1:
        raise CantPrepare("AMQP_URI and INTERDESK_BORDER_URI are the same user's: give them one password")
    return passwords.pop()
