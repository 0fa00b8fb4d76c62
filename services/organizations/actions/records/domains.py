"""Which organization's people an e-mail address marks (`model.domains`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.context import Context
from services.organizations.actions.saving import records
from services.organizations.model import domains

_ANY = {"$gt": ""}  # a range, which an index answers


def home_of(context: Context, address: str) -> int | None:
    """The organization that a new person with this address belongs to; None when no domain fits."""
    return domains.best(address, owners(context, {"$in": domains.fitting(address)}))


def owners(context: Context, among: Mapping[str, Any] = _ANY) -> dict[str, int]:
    """Which organization has which domain; a disabled one gets nobody."""
    found = records(context, "organization").find({"domain_keys": among, "disabled": False})
    return {key: record.id for record in found for key in record.state["domain_keys"]}
