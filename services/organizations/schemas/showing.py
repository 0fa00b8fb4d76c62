"""A stored record as it goes out: what its schema names, and `account` only where it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from services.common.fields import OutputSchema
from services.organizations.schemas.account import AccountSchema, NewTokenSchema, TokenSchema
from services.organizations.schemas.records import OrganizationSchema, PersonSchema, TeamSchema
from services.organizations.schemas.trusts import InvitationSchema, TrustSchema

_SCHEMAS: Final[Mapping[str, OutputSchema]] = {
    "account": AccountSchema(),
    "organization": OrganizationSchema(),
    "person": PersonSchema(),
    "team": TeamSchema(),
    "token": TokenSchema(),
    "new_token": NewTokenSchema(),
    "trust": TrustSchema(),
    "invitation": InvitationSchema(),
}


def shown(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """`record`: a document or a state, with `id` or `_id`. Own records go out without `account`."""
    dumped: dict[str, Any] = _SCHEMAS[kind].dump({"id": record.get("_id"), **record})
    if "account" in dumped and dumped["account"] is None:
        del dumped["account"]
    return dumped
