"""Founding: the first start of an account makes what every account stands on.

What is made
    the account itself, its own organization, a service desk team, a key ring, the first administrator
    (member and coordinator of that team) and his token, which INTERDESK_FOUNDING_TOKEN_FILE holds.

When things fail
    The account's document is saved first and says which ids the others get; each of them is made unless it
    is there; then the account is marked as founded. So a start that dies anywhere is finished by the next
    one, and several processes may found at the same time: what one has made, the others find.

    Later starts only take over what the configuration says anew: name, domain and address of the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.common.actor import Actor
from services.common.config import Config
from services.common.context import Context
from services.common.errors import ConfigError, Conflict
from services.common.store import Record, decide_again
from services.federation.sealing.rings import OwnRing
from services.organizations import store
from services.organizations.actions.account import token_state
from services.organizations.actions.saving import insert, records, save
from services.organizations.actions.trusting.keyrings import insert_own_ring, secret_of
from services.organizations.model import roles, rules, shapes, tokens

SERVICE_DESK = "Service Desk"
ADMINISTRATOR = "Administrator"
FOUNDING_TOKEN = "Founding token"  # noqa: S105  # its name, not the token


def found_account(context: Context) -> None:
    """Makes the account unless it is there. Raises ConfigError when the configuration lacks what it takes."""
    secret_of(context.config)
    actor = Actor.system(context.account)
    record = records(context, "account").find_one({"_id": context.account}) or _begun(context, actor)
    if record.state.get("founding") is not None:
        _make_rest(context, actor, record.state)
        _finish(context, actor)
    _follow_configuration(context, actor)


def _begun(context: Context, actor: Actor) -> Record:
    """The account's document, with the ids that the rest will have and the hash of the first token."""
    sha256 = tokens.sha256_of(_founding_token(context.config))
    now = context.clock.now()
    state = {
        **_configured(context.config),
        "locale": "en",
        "currency": "EUR",
        "time_zone": "UTC",
        "time_format_24h": True,
        "organization_id": context.ids.next("organization"),
        "service_desk_team_id": context.ids.next("team"),
        "owner_id": context.ids.next("person"),
        "founding": {"token_id": context.ids.next("token"), "sha256": sha256},
        "created_at": now,
        "updated_at": now,
    }
    try:
        return insert(context, actor, "account", context.account, state)
    except Conflict:
        return records(context, "account").get(context.account)


def _founding_token(config: Config) -> str:
    path = config.founding_token_file
    try:
        text = path.read_text(encoding="utf-8") if path is not None else None
    except (OSError, UnicodeDecodeError):
        text = None
    if text is None:
        raise ConfigError(
            "founding_token_missing",
            "The account is not founded yet, and its first administrator would have no way in. Let "
            "INTERDESK_FOUNDING_TOKEN_FILE name a file with his token.",
            [("INTERDESK_FOUNDING_TOKEN_FILE", "must be a file that can be read")],
        )
    try:
        return tokens.founding(text)
    except rules.RuleBroken as broken:
        raise ConfigError(
            broken.code, broken.message, [("INTERDESK_FOUNDING_TOKEN_FILE", "is too weak")]
        ) from broken


def _make_rest(context: Context, actor: Actor, account: Mapping[str, Any]) -> None:
    now = context.clock.now()
    organization_id, team_id = account["organization_id"], account["service_desk_team_id"]
    person_id, founding = account["owner_id"], account["founding"]
    organization = shapes.new("organization", {"name": account["name"], "manager_id": person_id}, now)
    person = shapes.new(
        "person",
        {
            "name": ADMINISTRATOR,
            "primary_email": f"administrator@{account['domain']}",
            "organization_id": organization_id,
            "roles": list(roles.checked(roles.FOUNDER)),
        },
        now,
    )
    team = shapes.new(
        "team",
        {"name": SERVICE_DESK, "member_ids": [person_id], "coordinator_id": person_id},
        now,
    )
    token = token_state(founding["sha256"], person_id, FOUNDING_TOKEN, (tokens.EVERYTHING,), None, now)
    for make in (
        lambda: insert(context, actor, "organization", organization_id, organization),
        lambda: insert(context, actor, "person", person_id, person),
        lambda: insert(context, actor, "team", team_id, team),
        lambda: insert_own_ring(context, OwnRing.generate(context.account, now)),
        lambda: store.records(context, store.TOKENS).insert(founding["token_id"], token),
    ):
        _unless_there(make)


def _unless_there(make: Callable[[], object]) -> None:
    try:
        make()
    except Conflict:
        return  # an earlier start, or another process, made it


@decide_again
def _finish(context: Context, actor: Actor) -> None:
    record = records(context, "account").get(context.account)
    if "founding" in record.state:
        state = {name: value for name, value in record.state.items() if name != "founding"}
        save(context, actor, "account", record, state, {}, action="founded")


@decide_again
def _follow_configuration(context: Context, actor: Actor) -> None:
    record = records(context, "account").get(context.account)
    configured = _configured(context.config)
    changes = {
        name: [record.state[name], value] for name, value in configured.items() if record.state[name] != value
    }
    if changes:
        state = {**record.state, **configured, "updated_at": context.clock.now()}
        save(context, actor, "account", record, state, changes)


def _configured(config: Config) -> dict[str, Any]:
    return {"name": config.name, "domain": config.domain, "url": config.public_url}
