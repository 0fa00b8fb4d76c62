"""A stored record as it goes out: what its schema names, and `account` only where it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.schemas import OutputSchema
from services.organizations.model import overlay
from services.organizations.model.shelves import WORDS
from services.organizations.schemas.account import AccountSchema, NewTokenSchema, TokenSchema
from services.organizations.schemas.records import OrganizationSchema, PersonSchema, SiteSchema, TeamSchema
from services.organizations.schemas.transfers import PersonLineSchema
from services.organizations.schemas.trusts import InvitationSchema, TrustSchema
from services.organizations.schemas.ui_extensions import UiExtensionSchema

_SCHEMAS: Final[Mapping[str, OutputSchema]] = {
    "account": AccountSchema(),
    "organization": OrganizationSchema(),
    "person": PersonSchema(),
    "person_line": PersonLineSchema(),
    "team": TeamSchema(),
    "site": SiteSchema(),
    "ui_extension": UiExtensionSchema(),
    "token": TokenSchema(),
    "new_token": NewTokenSchema(),
    "trust": TrustSchema(),
    "invitation": InvitationSchema(),
}


def shown(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """`record`: a document or a state, with `id` or `_id`. Own records go out without `account`, those in use
    without `archived` and `trashed`."""
    if kind in ("trust", "invitation"):
        record = {**record, **_of_trust(record)}
    if kind == "organization":
        record = overlay.merged(record)
    if (word := WORDS.get(record.get("shelf") or "")) is not None:
        record = {**record, word: "true"}
    dumped: dict[str, Any] = _SCHEMAS[kind].dump({"id": record.get("_id"), **record})
    for name in ("account", *WORDS.values()):
        if name in dumped and dumped[name] is None:
            del dumped[name]
    # What its ETag is made of, and whether it was there before it was asked for.
    return dumped | {name: record[name] for name in ("version", "created") if name in record}


def _of_trust(trust: Mapping[str, Any]) -> dict[str, Any]:
    """What is shown of a trust otherwise than it is stored."""
    partner = trust.get("id", trust.get("_id"))
    invitation = trust.get("invitation_text")
    terms, unanswered = trust.get("invitation") or {}, trust.get("unanswered") or {}
    announcement, renewal = trust.get("announcement") or {}, trust.get("renewal") or {}
    return {
        "account": {"id": partner, "name": trust.get("name")},
        "thread": (trust.get("thread") or {}).get("id"),
        "invitation": invitation,
        "invitation_id": terms.get("id"),
        "invitation_expires_at": terms.get("expires_at"),
        "unanswered_since": unanswered.get("at"),
        "keys_announced_at": announcement.get("at"),
        "keys_refused": announcement.get("refused"),
        "credentials_sent_at": renewal.get("at"),
        "credentials_refused": renewal.get("refused"),
        "keys": [{name: key[name] for name in ("kid", "use", "state")} for key in trust.get("keys") or ()],
    }
