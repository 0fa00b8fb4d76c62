"""The customer of an agreement that names none: looked for, or looked for and introduced. Who only wants to
know what would be saved looks (`known`); who saves has it introduced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.slas.actions.saving import refusing
from services.slas.model.customer import customer_among

Fields = Mapping[str, Any]

Chosen = Callable[[Context, Fields], int | None]
"""The customer of an agreement in this state. Raises Invalid, Unavailable."""


def known(context: Context, state: Fields) -> int | None:
    """The account's own organization, or that of the trusted account (`customer_among`); None for one that is
    not known yet.
    """
    partner = state.get("customer_account")
    if partner is None:
        account = context.copies.get("account", context.account) or {}
        return int(account["organization_id"])
    of_partner = {"account.id": partner["id"], "is_account": {"$ne": False}}
    theirs = context.copies.find("organization", of_partner)
    namesakes = context.copies.find("organization", {"name": partner["name"], "account": None}, limit=2)
    with refusing():
        return customer_among(theirs, namesakes, partner["name"])


def introduced(context: Context, state: Fields) -> int:
    """As `known`; one that is not known yet is introduced, and the partner's contact card tells the rest."""
    if (id := known(context, state)) is not None:
        return id
    partner, actor = state["customer_account"], Actor.system(context.account)
    asked = (partner["id"], "organization", None, partner["name"])
    return int(context.rpc.call("organizations", "introduce", actor, *asked)["id"])
