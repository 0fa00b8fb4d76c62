"""What a trust makes visible to whom, for whoever is about to make or change it. Nothing is saved or said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.common import roles
from services.common.actor import Actor
from services.common.context import Context
from services.organizations.actions.saving import found, records, refusing
from services.organizations.actions.trusting import inviting
from services.organizations.actions.trusting.trusts import options_of
from services.organizations.model import trusts
from services.organizations.model.trust_disclosure import Party, disclosed
from services.organizations.model.trusts import TEAM_LISTS

Fields = Mapping[str, Any]
Lines = list[dict[str, Any]]
"""`[{id, to, sees, of}]`"""


def of_inviting(context: Context, actor: Actor, fields: Fields) -> Lines:
    """Raises what inviting would raise, but for what only saving finds."""
    actor.needs(*roles.ADMINISTRATORS)
    beginning = inviting.invitable(context, fields)
    return _lines(context, Party(beginning.partner, None), beginning.options)


def of_accepting(context: Context, actor: Actor, fields: Fields) -> Lines:
    """Raises what accepting would raise, but for what only saving finds."""
    actor.needs(*roles.ADMINISTRATORS)
    invitation = inviting.opened(context, fields)
    beginning = inviting.acceptable(context, fields, invitation)
    inviter = invitation.inviter
    return _lines(context, Party(inviter["name"], inviter["domain"]), beginning.options)


def of_trust(context: Context, actor: Actor, partner: str, fields: Fields) -> Lines:
    """Of the trust that there is, after an edit by `fields`; one that has ended shows nothing.

    Raises Forbidden, NotFound, IllegalMove, Invalid.
    """
    actor.needs(*roles.ADMINISTRATORS)
    record = records(context, "trust").get(partner)
    with refusing():
        status = trusts.edited(record.state["status"], fields.get("status"))
        options = options_of(context, fields, record)
    if status == "ended":
        return []
    return _lines(context, Party(record.state["name"], record.state["domain"]), options)


def _lines(context: Context, partner: Party, options: Mapping[str, Any]) -> Lines:
    chosen = found(context, "team", (id for name in TEAM_LISTS for id in options[name]))
    teams = {id: str(team["name"]) for id, team in chosen.items()}
    own = Party(context.config.name, context.config.domain)
    lines = disclosed(own, partner, options, teams)
    return [{"id": number, **asdict(line)} for number, line in enumerate(lines, start=1)]
