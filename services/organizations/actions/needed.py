"""What the account itself stands on stays in use."""

from __future__ import annotations

from services.common import roles
from services.common.context import Context
from services.common.errors import Invalid
from services.common.store import Record
from services.organizations import store
from services.organizations.actions.saving import records


def ensure_not_needed(context: Context, kind: str, record: Record, field: str) -> None:
    """Before a record goes out of use; `field` is what the caller did it by.

    Raises Invalid `still_needed` or `last_administrator`.
    """
    account = records(context, "account").get(context.account).state
    if kind == "team" and record.id == account["service_desk_team_id"]:
        what = "the account's service desk team"
    elif kind == "organization" and record.id == account["organization_id"]:
        what = "the account's own organization"
    elif kind == "person":
        if roles.is_administrator(record.state["roles"]):
            ensure_another_administrator(context, record.id)
        if record.id != account["owner_id"]:
            return
        what = "the account's owner"
    else:
        return
    raise Invalid(
        "still_needed",
        f"This is {what}. Choose another one in the account first.",
        [(field, f"is {what}")],
    )


def ensure_another_administrator(context: Context, person_id: int) -> None:
    """Somebody must be left who can administer the account. Raises Invalid `last_administrator`."""
    others = store.records(context, store.PEOPLE).find_one(
        {
            "roles": {"$in": list(roles.ADMINISTRATORS)},
            "disabled": False,
            "shelf": None,
            "_id": {"$ne": person_id},
        }
    )
    if others is None:
        raise Invalid(
            "last_administrator",
            "This is the account's last administrator. Make somebody else one first.",
            [("roles", "is the account's last administrator")],
        )
