"""People put on a team and taken off it one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import NotFound
from services.organizations.actions.records.editing import edited


def add_member(
    context: Context, actor: Actor, team_id: int, person_id: int, version: int | None = None
) -> dict[str, Any]:
    """Who is one already stays one. Raises as `editing.update_team`."""
    actor.needs(*roles.MAINTAIN_TEAMS)

    def joined(team: Mapping[str, Any]) -> dict[str, Any]:
        return {"member_ids": [*team["member_ids"], person_id]}

    return edited(context, actor, "team", team_id, joined, version)


def remove_member(context: Context, actor: Actor, team_id: int, person_id: int | None) -> dict[str, Any]:
    """None: all. Raises NotFound for one who is no member, and as `editing.update_team`: who coordinates the
    team stays one.
    """
    actor.needs(*roles.MAINTAIN_TEAMS)

    def left(team: Mapping[str, Any]) -> dict[str, Any]:
        if person_id is not None and person_id not in team["member_ids"]:
            raise NotFound
        return {"member_ids": [each for each in team["member_ids"] if person_id not in (None, each)]}

    return edited(context, actor, "team", team_id, left)
