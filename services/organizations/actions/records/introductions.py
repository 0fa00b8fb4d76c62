"""Local ids for partners' records: an agreement or a hand-over names them, so the account must be able to."""

from __future__ import annotations

from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Invalid
from services.common.store import Record, decide_again
from services.organizations.actions.saving import insert, records, save
from services.organizations.model import shapes


@decide_again
def introduce(
    context: Context, actor: Actor, account: str, kind: str, remote_id: int | None, name: str
) -> dict[str, Any]:
    """`{id}`: the local id of the record that `account` calls `remote_id` and `name`, the same at every call.

    `kind`: team, person or organization. Another name than last time becomes the record's name, but for an
    organization whose card is here: the card says its name. `remote_id` None: the organization that the
    account itself is; its card will tell the rest.
    Raises Invalid `unknown_account` for an account that there is no trust with.
    """
    record = _known(context, account, kind, remote_id)
    if record is None:
        record = _insert(context, actor, account, kind, remote_id, name)
    if record.state["name"] != name and remote_id is not None and record.state.get("card") is None:
        changes = {"name": [record.state["name"], name]}
        state = shapes.edited(kind, record.state, {"name": name}, context.clock.now())
        save(context, actor, kind, record, state, changes)
    return {"id": record.id}


def _known(context: Context, account: str, kind: str, remote_id: int | None) -> Record | None:
    """Of the account itself the one that its card says, before the one that was introduced without an id."""
    known = records(context, kind)
    if remote_id is not None:
        return known.find_one({"remote": shapes.remote(account, remote_id)})
    of_account = {"account.id": account, "is_account": True}
    said = known.find_one({**of_account, "remote_id": {"$ne": None}})
    return said or known.find_one(of_account)


def _insert(
    context: Context, actor: Actor, account: str, kind: str, remote_id: int | None, name: str
) -> Record:
    trust = records(context, "trust").find_one({"_id": account})
    if trust is None:
        raise Invalid(
            "unknown_account",
            f"There is no trust with the account {account}, so its records are not known here.",
            [("account_id", "is not the account of a partner")],
        )
    home = {"id": account, "name": trust.state["name"]}
    state = shapes.foreign(kind, home, remote_id, name, context.clock.now())
    try:
        return insert(context, actor, kind, context.ids.next(kind), state)
    except Conflict:
        # Introduced twice at the same moment: the other one was first.
        made = records(context, kind).find_one({"remote": state["remote"]})
        if made is None:
            raise
        return made
