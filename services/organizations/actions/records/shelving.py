"""Archive, trash and restore (`model.shelves`), each by one save that tells the account's other services."""

from __future__ import annotations

from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.store import decide_again
from services.organizations.actions.records.needed import ensure_not_needed
from services.organizations.actions.saving import records, refusing, save, whole
from services.organizations.model import records as rules
from services.organizations.model import shapes, shelves


@decide_again
def shelve(context: Context, actor: Actor, kind: str, id: int, verb: str) -> dict[str, Any]:
    """`verb`: archive, trash or restore. What is there already stays as it is. The state, with its version.

    Raises Forbidden, NotFound, Invalid `foreign_record`, `still_needed`, `last_administrator`; Conflict
    `already_taken` for a restored record whose address, source or domain is another's by now.
    """
    actor.needs(*roles.MAINTAIN_RECORDS[kind])
    if verb not in shelves.VERBS:
        raise Invalid(errors=[("verb", f"must be one of {', '.join(shelves.VERBS)}")])
    shelf = shelves.VERBS[verb]
    record = records(context, kind).get(id)
    before = record.state.get("shelf")
    with refusing():
        rules.own(kind, record.state)
    if shelf == before:
        return {**whole(record), "version": record.version}
    if shelf is not None:
        ensure_not_needed(context, kind, record, "id")
    state = shapes.edited(kind, shelves.put(record.state, shelf), {}, context.clock.now())
    moved = save(context, actor, kind, record, state, {"shelf": [before, shelf]}, verb)
    return {**whole(moved), "version": moved.version}
