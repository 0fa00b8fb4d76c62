"""What the account itself stands on stays in use."""

from __future__ import annotations

from collections.abc import Iterable

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


def ensure_administered(context: Context, person: Record, granted: Iterable[str]) -> None:
    """Before a person gets these roles instead of those that he has. Raises Invalid `last_administrator`,
    Stale.
    """
    if roles.is_administrator(person.state["roles"]) and not roles.is_administrator(granted):
        ensure_another_administrator(context, person.id)


def ensure_another_administrator(context: Context, person_id: int) -> None:
    """Somebody must be left who can administer the account. Asked between this person's loading and his save.

    Whoever is left is saved as he is, one version on. So of two who go at the same moment, each leaning on
    the other, one has been saved since he was loaded, and is decided about again. Raises Invalid
    `last_administrator`, Stale.
    """
    people = store.records(context, store.PEOPLE)
    left = people.find_one(
        {
            "roles": {"$in": list(roles.ADMINISTRATORS)},
            "disabled": False,
            "shelf": None,
            "_id": {"$ne": person_id},
        }
    )
    if left is None:
        raise Invalid(
            "last_administrator",
            "This is the account's last administrator. Make somebody else one first.",
            [("roles", "is the account's last administrator")],
        )
    people.save(left, left.state)
