"""SLA notification schemes, and follow-ups on customers who do not answer: made and changed.

What runs keeps the rules it was begun with (`model.affected.snapshot`), and records are disabled, never
deleted: a disabled one can't be newly chosen, and what leads to it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Invalid
from services.common.roles import MAINTAIN_AGREEMENTS
from services.slas.actions.references import faults_among
from services.slas.actions.saving import records, refusing
from services.slas.actions.services import created, updated
from services.slas.model.clocks import check_follow_up, check_scheme

Fields = Mapping[str, Any]
Document = dict[str, Any]


def create_sla_notification_scheme(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> Document:
    """With source and sourceID, or the `key` (`common.idempotency`), of one that is there: that one, and
    `created` is false. Raises Forbidden, Invalid, Conflict."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    _check_teams(context, {}, fields)
    return created(context, actor, "sla_notification_scheme", _ordered(fields, _THRESHOLD), key, _scheme)


def update_sla_notification_scheme(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """`version`: the only one to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    _check_teams(context, records(context, "sla_notification_scheme").get(id).state, fields)
    ordered = _ordered(fields, _THRESHOLD)
    return updated(context, actor, "sla_notification_scheme", id, ordered, version, _scheme)


def create_waiting_for_customer_follow_up(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> Document:
    """As create_sla_notification_scheme."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    return created(context, actor, "waiting_for_customer_follow_up", _ordered(fields, _DAYS), key, _follow_up)


def update_waiting_for_customer_follow_up(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """As update_sla_notification_scheme."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    ordered = _ordered(fields, _DAYS)
    return updated(context, actor, "waiting_for_customer_follow_up", id, ordered, version, _follow_up)


_THRESHOLD = "threshold_percentage"
_DAYS = "nr_of_business_days"


def _ordered(fields: Fields, by: str) -> Document:
    if "rules" not in fields:
        return dict(fields)
    return {**fields, "rules": sorted(fields["rules"], key=lambda rule: rule[by])}


def _check_teams(context: Context, state: Fields, fields: Fields) -> None:
    """A request is escalated to an own team that is not disabled. Raises Invalid, Unavailable."""
    known = _teams(state)
    errors = [
        fault
        for number, rule in enumerate(fields.get("rules") or ())
        if (id := rule["escalate_to_team_id"]) not in known | {None}
        for fault in faults_among(context, f"rules.{number}.escalate_to_team_id", "team", [id])
    ]
    if errors:
        raise Invalid(errors=errors)


def _teams(fields: Fields) -> set[int]:
    return {rule["escalate_to_team_id"] for rule in fields.get("rules") or ()} - {None}


def _scheme(state: Document) -> Document:
    with refusing():
        check_scheme(state)
    return state


def _follow_up(state: Document) -> Document:
    with refusing():
        check_follow_up(state)
    return state
