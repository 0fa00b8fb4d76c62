"""The database users of an account, on whichever server: MongoDB, or the local one (database.py).

Each service reads and writes its own database and no other. The gateway's user only reads, all of the
account's. What is here may be done again: who exists gets this password and these roles.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

_USER_EXISTS = 51003

Client = MongoClient[dict[str, Any]]
# {service: {"user": …, "password": …}}; the reader is `gateway`.
Users = Mapping[str, Mapping[str, str]]


def database_name(account: str, service: str) -> str:
    """The name of a service's database."""
    return f"interdesk_{account}_{service}"


def users_of(account: str, services: Iterable[str], known: Users | None = None) -> dict[str, dict[str, str]]:
    """The users that an account needs: one for each of the services that keep data, and the gateway's.
    `known` keeps its passwords; the others are made up.
    """
    names = {service: f"{account}-{service}" for service in services} | {"gateway": f"{account}-reader"}
    given = known or {}
    return {
        service: {
            "user": name,
            "password": given.get(service, {}).get("password") or secrets.token_urlsafe(24),
        }
        for service, name in names.items()
    }


def ensure_account_users(client: Client, account: str, users: Users) -> None:
    """Makes the users of an account as an administrator of the server. Raises PyMongoError."""
    storing = sorted(set(users) - {"gateway"})
    roles = {service: [("readWrite", database_name(account, service))] for service in storing}
    roles["gateway"] = [("read", database_name(account, service)) for service in storing]
    for service, login in users.items():
        ensure_user(client, login["user"], login["password"], roles[service])


def ensure_user(client: Client, user: str, password: str, granted: list[tuple[str, str]]) -> None:
    """`granted`: (role, database) pairs, all of the user's. Raises PyMongoError."""
    roles = [{"role": role, "db": name} for role, name in granted]
    try:
        client.admin.command("createUser", user, pwd=password, roles=roles)
    except OperationFailure as problem:
        if problem.code != _USER_EXISTS:
            raise
        client.admin.command("updateUser", user, pwd=password, roles=roles)
