"""People who are already there, grouped into organizations by e-mail domain (`model.domains`).

What would change is told first: nothing is saved unless `save` is said. People are looked at in the order of
their ids, some at a time, and each is moved by a save of his own: a call that breaks off has moved some, and
the next one goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record
from services.organizations.actions.records.domains import owners
from services.organizations.actions.records.editing import ancestors, edited
from services.organizations.actions.saving import found, records
from services.organizations.model import domains

PER_CALL = 200


def group_people(
    context: Context, actor: Actor, fields: Mapping[str, Any], per_call: int = PER_CALL
) -> dict[str, Any]:
    """`fields`: `save`, and `after`, the last person that was looked at.

    Answers `{saved, people: [{id, name, primary_email, organization, fitting_organization}], next}`: who does
    not belong where he is, `{id, name}` of both organizations, and what to say as `after` to see more; None
    when all were looked at. Raises Forbidden.
    """
    actor.needs(*roles.ADMINISTRATORS)
    saves = bool(fields.get("save"))
    own = {"_id": {"$gt": fields.get("after") or 0}, "shelf": None, "account.id": None}
    seen = list(records(context, "person").find(own, [("_id", 1)], per_call))
    moves = list(_moves(context, seen))
    named = found(context, "organization", {id for person, home in moves for id in (home, _now(person))})
    if saves:
        for person, home in moves:
            edited(context, actor, "person", int(person.id), {"organization_id": home})
    return {
        "saved": saves,
        "people": [
            {
                "id": person.id,
                "name": person.state["name"],
                "primary_email": person.state["primary_email"],
                "organization": {"id": _now(person), "name": named[_now(person)]["name"]},
                "fitting_organization": {"id": home, "name": named[home]["name"]},
            }
            for person, home in moves
        ],
        "next": seen[-1].id if len(seen) == per_call else None,
    }


def _moves(context: Context, people: Iterable[Record]) -> Iterator[tuple[Record, int]]:
    """Those who do not belong where they are, and the organization that each belongs to."""
    known = owners(context)
    lines: dict[int, list[int]] = {}
    for person in people:
        home, now = domains.best(person.state["primary_email"], known), _now(person)
        if home is None:
            continue
        if now not in lines:
            lines[now] = ancestors(context, "organization", "parent_id", now)
        if home not in lines[now]:
            yield person, home


def _now(person: Record) -> int:
    return int(person.state["organization_id"])
