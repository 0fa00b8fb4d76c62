"""What an agreement makes visible to whom, for whoever is about to save it. Nothing is saved or said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from services.common.actor import Actor
from services.common.context import Context
from services.common.roles import MAINTAIN_AGREEMENTS
from services.slas.actions import agreements, customers, first_line
from services.slas.actions.announcements import announced
from services.slas.actions.saving import records
from services.slas.model.disclosure import Line, between, within
from services.slas.model.shapes import shares_requester_target

Document = dict[str, Any]

_NOT_MADE_YET = 0


def of_agreement(
    context: Context, actor: Actor, kind: str, fields: Mapping[str, Any], id: int | None = None
) -> list[Document]:
    """`[{id, to, sees, of}]` of a new SLA or FLSA with these fields; with `id` of that one, after an edit by
    them.

    Raises what making or changing it would raise, but for what only saving finds.
    """
    actor.needs(*MAINTAIN_AGREEMENTS)
    state = _state(context, kind, fields, id)
    lines = [*_between(context, kind, id or _NOT_MADE_YET, state), *_within(context, kind, state)]
    return [{"id": number, **asdict(line)} for number, line in enumerate(lines, start=1)]


def _state(context: Context, kind: str, fields: Mapping[str, Any], id: int | None) -> Document:
    """The agreement as it would be."""
    of_flsas = kind == "flsa"
    if id is None:
        return (first_line if of_flsas else agreements).beginning(context, fields, customers.known)
    before = records(context, kind).get(id).state
    if of_flsas:
        return first_line.after(context, id, before, fields, customers.known)[0]
    return agreements.after(context, before, fields, customers.known)[0]


def _between(context: Context, kind: str, id: int, state: Mapping[str, Any]) -> list[Line]:
    own, provider = context.config.name, state.get("account")
    if provider is not None:
        shared = shares_requester_target(state)
        return between(state["heard"], provider["name"], own, shared) if state.get("heard") else []
    customer = state.get("customer_account")
    return [] if customer is None else between(announced(context, kind, id, state), own, customer["name"])


def _within(context: Context, kind: str, state: Mapping[str, Any]) -> list[Line]:
    """Representatives of a partner's are people of its own, who see nothing here."""
    people = [context.copies.get("person", each) or {} for each in state["customer_representative_ids"]]
    own = [str(person["name"]) for person in people if person and person.get("account") is None]
    return within(context.config.name, state["name"], own, requests=kind == "sla")
