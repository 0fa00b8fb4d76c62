"""What the account's clocks make of a request: an escalation, a reminder, the end of a wait without answer.

Each word has its effect once, however often it comes: the request keeps what it has heard, in the same save.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from services.common.actor import Actor
from services.common.clock import from_iso
from services.common.context import Context
from services.common.errors import Invalid
from services.common.store import decide_again
from services.requests import model, store
from services.requests.actions.lookup import Lookup
from services.requests.actions.ruling import ruled


@decide_again
def escalate(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_sla.at_risk` and `affected_sla.breached`. Raises Unavailable."""
    asked = body["escalate"]
    stored = None if asked is None else store.find(context, {"_id": body["request_id"]})
    if stored is None:
        return
    team = _team(context, asked["team_id"])
    escalation = model.Escalation(
        heard=model.Escalated(body["id"], body["goal"], body["percent"]),
        sla_name=body["sla_name"],
        team=team,
        urgent=asked["urgent"],
        team_gone=team is None and asked["team_id"] is not None,
    )
    _save(context, stored, model.escalated(stored.request, escalation, ruled(context)))


@decide_again
def follow_up(context: Context, body: Mapping[str, Any]) -> None:
    """Applies `affected_sla.follow_up`. Raises Unavailable."""
    stored = store.find(context, {"_id": body["request_id"]})
    if stored is None:
        return
    account = context.copies.get("account", context.account) or {}
    since, zone = from_iso(body["waiting_since"]), account.get("time_zone") or "UTC"
    said = model.FollowUp(body["rule"], body["completes"], since, zone)
    _save(context, stored, model.followed_up(stored.request, said, ruled(context)))


def _save(context: Context, stored: store.Stored, step: model.Step) -> None:
    if step.request != stored.request:
        store.save(context, step, stored)


def _team(context: Context, id: int | None) -> model.Ref | None:
    """An own team that may still be chosen; a copy may be a moment old, a refusal never is."""
    for fresh in (False, True):
        with suppress(Invalid):
            return Lookup(context, Actor.system(context.account), fresh).own("team", id, "team_id")
    return None
