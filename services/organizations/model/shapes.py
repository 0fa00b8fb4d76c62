"""How a new record looks, and what of it the account's other services keep a copy of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.organizations.model.links import with_link
from services.organizations.model.records import email_key
from services.organizations.model.shelves import TRASH, unavailable

_LISTS: Mapping[str, tuple[str, ...]] = {
    "organization": ("addresses", "contacts", "email_domains"),
    "person": ("addresses", "contacts", "do_not_translate_languages", "roles"),
    "team": ("member_ids",),
    "site": (),
    "ui_extension": (),
}
_FLAGS: Mapping[str, tuple[str, ...]] = {
    "organization": ("disabled", "business_unit", "end_user_privacy"),
    "person": (
        "disabled",
        "guest",
        "vip",
        "time_format_24h",
        "auto_translation",
        "exclude_team_notifications",
    ),
    "team": ("disabled",),
    "site": ("disabled",),
    "ui_extension": ("disabled",),
}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "organization": {},
    "person": {"send_email_notifications": "when_offline", "show_notification_popup": "always"},
    "team": {},
    "site": {},
    "ui_extension": {},
}
_COPIED: Mapping[str, tuple[str, ...]] = {
    "account": ("name", "domain", "url", "time_zone", "organization_id", "service_desk_team_id", "owner_id"),
    "organization": ("name", "account", "remote_id", "parent_id", "disabled"),
    "person": (
        "name",
        "account",
        "remote_id",
        "primary_email",
        "organization_id",
        "site_id",
        "roles",
        "disabled",
    ),
    "team": ("name", "account", "remote_id", "member_ids", "coordinator_id", "manager_id", "disabled"),
    "site": ("name", "disabled"),
    # Secrets among these are encrypted at rest, for services of this account alone.
    "trust": (
        "name",
        "domain",
        "status",
        "options",
        "border_address",
        "border_ca",
        "credentials",
        "own_keys_known",
        "capabilities",
    ),
}


def new(kind: str, fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The state of a record that is made now: what was given, and 4me's defaults for the rest."""
    blank: dict[str, Any] = {name: [] for name in _LISTS[kind]}
    blank |= dict.fromkeys(_FLAGS[kind], False)
    return keyed(kind, {**blank, **_CHOICES[kind], **fields, "created_at": now, "updated_at": now})


def edited(kind: str, state: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The state after an edit."""
    return keyed(kind, {**state, **fields, "updated_at": now})


def keyed(kind: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state with the keys that it is found by; a key without a value is left out, so that it is free, and
    all are in the trash (`shelves`)."""
    result = dict(state)
    keys: dict[str, Any] = {"origin": origin(state)}
    if kind == "person":
        keys["email_key"] = email_key(state["primary_email"]) if state.get("primary_email") else None
        keys["support_key"] = state["supportID"].casefold() if state.get("supportID") else None
    if kind == "organization":
        keys["domain_keys"] = state.get("email_domains") if not state.get("shelf") else None
    for name, value in keys.items():
        result.pop(name, None)
        if value and state.get("shelf") != TRASH:
            result[name] = value
    return result


def origin(fields: Mapping[str, Any]) -> str | None:
    """What a record made from an external system's is found by; None when it does not say both."""
    if fields.get("source") and fields.get("sourceID"):
        return f"{fields['source']}\n{fields['sourceID']}"
    return None


def remote(account: str, remote_id: int | None) -> str:
    """What a foreign record is found by. None: the organization that the account itself is, whose id there
    nobody has said yet.
    """
    return f"{account}/{remote_id or ''}"


def foreign(
    kind: str, account: Mapping[str, str], remote_id: int | None, name: str, now: datetime
) -> dict[str, Any]:
    """The state of a partner's record that is introduced now."""
    fields = {
        "name": name,
        "account": {"id": account["id"], "name": account["name"]},
        "remote_id": remote_id,
        "remote": remote(account["id"], remote_id),
    }
    if kind == "organization":
        fields = with_link({**fields, "card": None, "card_at": None}, False, now)
        fields |= {"is_account": True} if remote_id is None else {}
    return new(kind, fields, now)


def copied(kind: str, id: int | str, state: Mapping[str, Any]) -> dict[str, Any]:
    """What the account's other services keep of a record. Own records carry neither account nor remote_id;
    one on a shelf is disabled to them.
    """
    kept = {name: state.get(name) for name in _COPIED[kind] if name not in ("account", "remote_id")}
    if "disabled" in kept:
        kept["disabled"] = unavailable(state)
    if state.get("account") is not None:
        kept |= {"account": state["account"], "remote_id": state["remote_id"]}
        kept |= {name: state[name] for name in ("is_account",) if name in state}
    return {"id": id, **kept}
