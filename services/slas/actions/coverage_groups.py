"""Coverage groups, and what SLAs cover in the words of the rule (`model.coverage`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.roles import MAINTAIN_AGREEMENTS
from services.slas.actions.saving import records
from services.slas.actions.services import created, updated
from services.slas.model.coverage import OF_GROUPS, Group, chosen_for, misfits
from services.slas.model.shapes import covered_ids

Fields = Mapping[str, Any]
Document = dict[str, Any]

_KIND = "sla_coverage_group"
CHOICES = tuple(dict.fromkeys(field for coverage in OF_GROUPS for field in chosen_for(coverage)))


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
        record.id: Group(record.state["name"], record.state["coverage"], **_sets(record.state, CHOICES))
        for record in records(context, _KIND).find({"_id": {"$in": sorted(ids)}})
    }


def chosen_in(sla: Fields, groups: Mapping[int, Group]) -> Document:
    """What an SLA covers, as the fields of a `Covering`."""
    return {
        "coverage": sla["coverage"],
        "service_instance_ids": frozenset(covered_ids(sla)),
        **_sets(sla, CHOICES),
        "groups": tuple(groups[id] for id in sla.get("coverage_group_ids") or () if id in groups),
    }


def _sets(state: Fields, fields: Iterable[str]) -> Document:
    return {field: frozenset(state.get(field) or ()) for field in fields}


def _complete(state: Document) -> Document:
    """Raises Invalid where something is chosen that the coverage does not speak of."""
    if errors := misfits(state["coverage"], [field for field in CHOICES if state[field]]):
        raise Invalid(errors=errors)
    return {**state, **{field: sorted(set(state[field])) for field in CHOICES}}
