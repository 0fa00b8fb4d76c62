"""An account as the demo uses it, and `demo.json`, which keeps of it what a next run and scripts need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from marshmallow import INCLUDE, Schema, fields

from interdesk.api import Api
from interdesk.demo.data import CASTS, Cast
from interdesk.files import read_json, write_json
from interdesk.local.deployment import LocalDeployment
from interdesk.local.local_account import LocalAccount

DEMO_FILE: Final = "demo.json"


class _LoginsSchema(Schema):
    class Meta:
        unknown = INCLUDE

    tokens = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    logins = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.String()),
        load_default=dict,
    )


class _DemoSchema(Schema):
    """What is used again of an earlier run's `demo.json`."""

    accounts = fields.Dict(keys=fields.String(), values=fields.Nested(_LoginsSchema), required=True)


@dataclass
class Stand:
    """One account as the demo uses it: its tokens by role, with what each person signs in to the pages
    (`{name, email, password}`), and the ids of what a story needs there."""

    cast: Cast
    account: LocalAccount
    tokens: dict[str, str]
    logins: dict[str, dict[str, str]] = field(default_factory=dict)
    team_id: int = 0
    instance_id: int = 0
    offering_id: int = 0
    people: dict[str, int] = field(default_factory=dict)
    # provider → its service instance, as this account names it
    providers: dict[str, int] = field(default_factory=dict)

    def api(self, role: str = "admin", *, patience_seconds: float = 0) -> Api:
        return self.account.api(self.tokens[role], patience_seconds=patience_seconds)


def stands_of(deployment: LocalDeployment) -> dict[str, Stand]:
    """Of all accounts, with what an earlier run kept in `demo.json`. Raises what reading it raises."""
    known = read_json(deployment.directory / DEMO_FILE, fields.Nested(_DemoSchema)) or {"accounts": {}}
    nothing: dict[str, Any] = {"tokens": {}, "logins": {}}
    before = {cast.id: known["accounts"].get(cast.id, nothing) for cast in CASTS}
    return {
        cast.id: Stand(
            cast,
            deployment.accounts[cast.id],
            dict(before[cast.id]["tokens"]),
            dict(before[cast.id]["logins"]),
        )
        for cast in CASTS
    }


def keep(path: Path, stands: Mapping[str, Stand]) -> None:
    """Writes `demo.json`."""
    accounts = {
        id: {
            "url": stand.account.url,
            "metrics": stand.account.metrics,
            "tokens": stand.tokens,
            "logins": stand.logins,
        }
        for id, stand in stands.items()
    }
    write_json(path, {"accounts": accounts})
