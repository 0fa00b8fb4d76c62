"""Which accounts to run: a file that lists them, or the one that the environment describes.

The file is TOML::

    [[accounts]]
    id = "widget"                  # ^[a-z][a-z0-9-]{1,30}$
    name = "Widget Data Center"
    domain = "widget.example"
    broker = "shared"              # or "own": a broker for this account alone
    port = 8400                    # of the gateway; a free one when left out
    [accounts.environ]             # settings of docs/configuration.md that differ from the default
    INTERDESK_RETRY_MIN_SECONDS = "1"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from services.common import config as configuration

# What the runner itself decides for each account.
_DECIDED = {
    "AMQP_URI",
    "AMQP_URI_FILE",
    "MONGO_URI",
    "MONGO_URI_FILE",
    "INTERDESK_ACCOUNT",
    "INTERDESK_NAME",
    "INTERDESK_DOMAIN",
    "INTERDESK_MONGO_USERS_FILE",
}
_SETTINGS = {name for variable in configuration.TABLE for name in variable.names} - _DECIDED


class AccountsRefused(Exception):
    """The accounts can't be run as described. The text names each problem."""


@dataclass(frozen=True)
class AccountSpec:
    """An account to run. `environ` overrides settings of its services."""

    id: str
    name: str
    domain: str
    broker: str = "shared"
    port: int | None = None
    environ: Mapping[str, str] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = AccountSpecSchema().dump(self)
        return document


def _known_settings(environ: Mapping[str, str]) -> None:
    unknown = sorted(set(environ) - _SETTINGS)
    if unknown:
        raise ValidationError(f"not settings of an account's services: {', '.join(unknown)}")


class AccountSpecSchema(Schema):
    """One account of the file, or of `state.json`."""

    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=validate.Regexp(configuration.ACCOUNT))
    name = fields.String(required=True, validate=validate.Length(1, 120))
    domain = fields.String(required=True, validate=validate.Regexp(configuration.DOMAIN))
    broker = fields.String(load_default="shared", validate=validate.OneOf(["shared", "own"]))
    port = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(1, 65535))
    environ = fields.Dict(keys=fields.String(), values=fields.String(), load_default=dict)

    @post_load
    def make(self, loaded: dict[str, Any], **_: Any) -> AccountSpec:
        _known_settings(loaded["environ"])
        return AccountSpec(**loaded)


class _FileSchema(Schema):
    class Meta:
        unknown = RAISE

    accounts = fields.List(fields.Nested(AccountSpecSchema), required=True, validate=validate.Length(1, 50))


def read_accounts(path: Path) -> list[AccountSpec]:
    """The accounts of a file. Raises AccountsRefused."""
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise AccountsRefused(f"{path}: {problem}") from problem
    try:
        accounts: list[AccountSpec] = _FileSchema().load(content)["accounts"]
    except ValidationError as problem:
        raise AccountsRefused(f"{path}: {problem.normalized_messages()}") from problem
    return checked(accounts)


def checked(accounts: list[AccountSpec]) -> list[AccountSpec]:
    """Raises AccountsRefused when two accounts have the same id."""
    ids = [account.id for account in accounts]
    twice = sorted({id for id in ids if ids.count(id) > 1})
    if twice:
        raise AccountsRefused(f"listed more than once: {', '.join(twice)}")
    return accounts


def account_from_environment(environ: Mapping[str, str]) -> AccountSpec:
    """The account that INTERDESK_ACCOUNT and the other variables describe. Raises AccountsRefused."""
    id = environ.get("INTERDESK_ACCOUNT", "")
    if not id:
        raise AccountsRefused("no account to run: give --accounts FILE, or set INTERDESK_ACCOUNT")
    document = {
        "id": id,
        "name": environ.get("INTERDESK_NAME") or id,
        "domain": environ.get("INTERDESK_DOMAIN") or f"{id}.example",
        "environ": {name: environ[name] for name in sorted(environ) if name in _SETTINGS},
    }
    return _described(document, "environment")


def account_described(id: str, name: str | None, domain: str) -> AccountSpec:
    """The account with this id, and its id for a name when it has no other. Raises AccountsRefused."""
    return _described({"id": id, "name": name or id, "domain": domain}, "account")


def _described(document: dict[str, Any], where: str) -> AccountSpec:
    try:
        account: AccountSpec = AccountSpecSchema().load(document)
    except ValidationError as problem:
        raise AccountsRefused(f"{where}: {problem.normalized_messages()}") from problem
    return account
