"""The account's own settings, the roles of its people, and their tokens."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.common import idempotency, roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from services.common.store import Records, decide_again
from services.organizations import store
from services.organizations.actions.records.needed import ensure_administered
from services.organizations.actions.saving import entry, found, records, refusing, save, whole
from services.organizations.model import records as rules
from services.organizations.model import shelves, tokens
from services.organizations.model.roles import checked

_REFERENCES: Mapping[str, str] = {
    "service_desk_team_id": "team",
    "organization_id": "organization",
    "owner_id": "person",
}


@decide_again
def update_account(
    context: Context, actor: Actor, fields: Mapping[str, Any], version: int | None = None
) -> dict[str, Any]:
    """`version`: the only one to be changed. Raises Forbidden, PreconditionFailed, Invalid."""
    actor.needs(*roles.ADMINISTRATORS)
    record = records(context, "account").get(context.account, version)
    with refusing():
        for field, kind in _REFERENCES.items():
            if field in fields and fields[field] != record.state[field]:
                rules.usable(field, kind, found(context, kind, [fields[field]]).get(fields[field]))
    changes = rules.changed(record.state, fields)
    if not changes:
        return whole(record)
    state = {**record.state, **fields, "updated_at": context.clock.now()}
    return whole(save(context, actor, "account", record, state, changes))


@decide_again
def set_roles(
    context: Context, actor: Actor, person_id: int, wanted: list[str], version: int | None = None
) -> dict[str, Any]:
    """Gives a person of the account exactly these roles; the history of the person is the permission log.
    `version`: the only one of the person to be changed.

    Answers `{account: {id, name}, roles}`. Raises Forbidden, NotFound, PreconditionFailed, Invalid.
    """
    actor.needs(*roles.ADMINISTRATORS)
    record = records(context, "person").get(person_id, version)
    with refusing():
        rules.own("person", record.state)
        shelves.in_use("person", record.state)
        granted = list(checked(wanted))
    changes = rules.changed(record.state, {"roles": granted})
    if changes:
        ensure_administered(context, record, granted)
        state = {**record.state, "roles": granted, "updated_at": context.clock.now()}
        save(context, actor, "person", record, state, changes, action="permissions")
    account = records(context, "account").get(context.account)
    return {"account": {"id": account.id, "name": account.state["name"]}, "roles": granted}


def create_token(
    context: Context,
    actor: Actor,
    fields: Mapping[str, Any],
    maker_id: int | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """A new token for the caller, or by an administrator for another person. `token` is never whole again.

    `maker_id`: the token that the caller has come with; what is not said is as in that one. Raises Forbidden,
    Unauthorized, Invalid, Conflict `shown_once` for a second try with one `key` (`common.idempotency`).
    """
    person_id = fields.get("person_id") or actor.person_id
    if person_id is None:
        raise Invalid("validation_failed", "Say whose token it is.", [("person_id", "is missing")])
    if person_id != actor.person_id:
        actor.needs(*roles.ADMINISTRATORS)
    now, kept = context.clock.now(), store.records(context, store.TOKENS)
    maker = maker_of(kept, maker_id, now)
    if person_id != actor.person_id and not tokens.allows(maker["scopes"], "people", "write"):
        raise Forbidden("scope_missing", "Another person's token takes a token that may write people.")
    given = {"scopes": maker["scopes"], "expires_at": maker["expires_at"], **fields}
    with refusing():
        rules.usable("person_id", "person", found(context, "person", [person_id]).get(person_id))
        scopes = tokens.checked_scopes(given["scopes"])
        expires_at = tokens.checked_expiry(given["expires_at"], now)
        tokens.within(scopes, expires_at, maker["scopes"], maker["expires_at"])
    token = tokens.written(secrets.token_bytes(tokens.TOKEN_BYTES))
    state = token_state(tokens.sha256_of(token), person_id, fields["name"], scopes, expires_at, now)
    id = idempotency.id_for(context, actor, "token", key, fields, lambda: context.ids.next("token"))
    told = {name: [None, state[name]] for name in ("name", "person_id", "scopes", "expires_at")}
    try:
        record = kept.insert(
            id or context.ids.next("token"), state, history=[entry(context, actor, "create", told)]
        )
    except Conflict:
        if id is None:
            raise
        raise Conflict(
            "shown_once",
            f"This key made the token {id} already, which was shown then and never again. "
            "If you do not have it, revoke it and make another with another key.",
        ) from None
    return {**whole(record), "token": token}


def maker_of(kept: Records, id: int | None, now: datetime) -> Mapping[str, Any]:
    """The token that makes another; without one the account itself does, which is bound by nothing. Raises
    Unauthorized for one that is good no more.
    """
    if id is None:
        return {"scopes": [tokens.EVERYTHING], "expires_at": None}
    state = kept.get(id).state
    if not tokens.is_valid(state["expires_at"], state["revoked_at"], now):
        raise Unauthorized
    return state


def token_state(
    sha256: str, person_id: int, name: str, scopes: tuple[str, ...], expires_at: Any, now: Any
) -> dict[str, Any]:
    """What is kept of a token."""
    return {
        "sha256": sha256,
        "person_id": person_id,
        "name": name,
        "scopes": list(scopes),
        "expires_at": expires_at,
        "revoked_at": None,
        "created_at": now,
        "updated_at": now,
    }


@decide_again
def revoke_token(context: Context, actor: Actor, token_id: int) -> dict[str, Any]:
    """From now on the token opens nothing. Revoking again changes nothing. Raises NotFound."""
    kept = store.records(context, store.TOKENS)
    record = kept.get(token_id)
    if record.state["person_id"] != actor.person_id and not actor.has(*roles.ADMINISTRATORS):
        raise NotFound()  # whose token it is, is nobody else's business
    if record.state["revoked_at"] is not None:
        return whole(record)
    now = context.clock.now()
    state = {**record.state, "revoked_at": now, "updated_at": now}
    return whole(kept.save(record, state, history=[entry(context, actor, "revoke", {})]))
