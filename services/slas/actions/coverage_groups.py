"""Coverage groups, chosen once for many SLAs (`model.coverage`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.roles import MAINTAIN_AGREEMENTS
from services.slas.actions.saving import records
from services.slas.actions.services import created, updated
from services.slas.model.coverage import CHOICES, Group, group_of, misfits

Fields = Mapping[str, Any]
Document = dict[str, Any]

_KIND = "sla_coverage_group"


def create_coverage_group(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """A new coverage group; all that is chosen in it is the account's own. With source and sourceID, or the
    `key` (`common.idempotency`), of one that is there: that one, and `created` is false. Raises Forbidden,
    Invalid, Conflict."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    return created(context, actor, _KIND, fields, key, _complete)


def update_coverage_group(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """`version`: the only one to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    return updated(context, actor, _KIND, id, fields, version, _complete)


def groups_of(context: Context, slas: Iterable[Fields]) -> dict[int, Group]:
    """The coverage groups that are chosen in these SLAs. Raises Unavailable."""
    ids = {id for sla in slas for id in sla.get("coverage_group_ids") or ()}
    if not ids:
        return {}
    return {
        record.id: group_of(record.state)
        for record in records(context, _KIND).find({"_id": {"$in": sorted(ids)}})
    }


def _complete(state: Document) -> Document:
    """Raises Invalid where something is chosen that the coverage does not speak of."""
    if errors := misfits(state["coverage"], [field for field in CHOICES if state[field]]):
        raise Invalid(errors=errors)
    return {**state, **{field: sorted(set(state[field])) for field in CHOICES}}
