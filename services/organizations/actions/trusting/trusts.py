"""Trusts, as administrators change, suspend and end them. How they begin is `inviting`, what partners say of
them `partners`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.store import Record, decide_again, making
from services.federation.outgoing import letters
from services.federation.partners.trusts import TrustBook
from services.federation.threads import Thread
from services.organizations.actions.saving import entry, found, records, refusing, save, saved, whole
from services.organizations.actions.trusting.settling import settle
from services.organizations.model import records as rules
from services.organizations.model import trusts


def update_trust(
    context: Context, actor: Actor, partner: str, fields: Mapping[str, Any], version: int | None = None
) -> dict[str, Any]:
    """Suspends, resumes or ends a trust by its `status`, and sets what we allow the partner by `options`.
    `version`: the only one to be changed.

    Raises Forbidden, NotFound, PreconditionFailed, Invalid, IllegalMove.
    """
    actor.needs(*roles.ADMINISTRATORS)
    trust = _updated(context, actor, partner, fields, version)
    TrustBook.of(context).forget()
    if trust.get("unsettled"):
        settle(context, partner)
    return trust


@decide_again
def _updated(
    context: Context, actor: Actor, partner: str, fields: Mapping[str, Any], version: int | None
) -> dict[str, Any]:
    record = records(context, "trust").get(partner, version)
    now = context.clock.now()
    state, rows = {**record.state, "updated_at": now}, []
    with refusing():
        status = trusts.edited(state["status"], fields.get("status"))
        if fields.get("options") is not None:
            state["options"] = options_of(context, fields, record)
    if status != state["status"]:
        state |= {"status": status, "suspended_at": now if status == "suspended" else None}
        if status == "ended":
            rows = _ending(context, partner, state)
    changes = {
        name: [record.state[name], state[name]]
        for name in ("status", "options")
        if record.state[name] != state[name]
    }
    if not changes:
        return whole(record)
    return whole(keep(context, actor, partner, record, state, rows, "update", changes))


def _ending(context: Context, partner: str, state: dict[str, Any]) -> list[dict[str, Any]]:
    """Marks the trust as ended by us; the row that tells the partner, if he has ever been heard."""
    state |= {"ended_at": state["updated_at"], "ended_by": "us", "unsettled": True}
    if state["thread"] is None:
        return []
    thread, row = letters.write(
        context,
        Thread.from_document(state["thread"]),
        type="trust.ended.v1",
        body={"reason": None},
    )
    state["thread"] = thread.to_document()
    return [row]


def options_of(context: Context, fields: Mapping[str, Any], record: Record | None) -> dict[str, Any]:
    """The options as they shall be: those that are given over those that stand. Raises RuleBroken."""
    standing = record.state["options"] if record else {}
    options = trusts.checked_options(fields.get("options") or {}, standing)
    for name in trusts.TEAM_LISTS:
        teams = found(context, "team", options[name])
        for team_id in options[name]:
            rules.usable("options", "team", teams.get(team_id))
    return options


def keep(
    context: Context,
    actor: Actor,
    partner: str,
    record: Record | None,
    state: Mapping[str, Any],
    rows: list[dict[str, Any]],
    action: str,
    changes: Mapping[str, Any] | None = None,
) -> Record:
    if changes is None:
        changes = {"status": [record.state["status"] if record else None, state["status"]]}
    if record is not None:
        return save(context, actor, "trust", record, state, changes, action, rows)
    with making():
        return records(context, "trust").insert(
            partner,
            state,
            rows=[saved("trust", partner, 1, state), *rows],
            history=[entry(context, actor, action, changes)],
        )
