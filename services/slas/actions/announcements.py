"""The whole of what the customer's account is told of an agreement.

Every id in it is this account's own, but those of representatives: they are the customer's people, so they
are named as the customer knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.context import Context
from services.slas.actions.saving import records
from services.slas.model.first_line import TOLD

Document = dict[str, Any]


def announced(context: Context, kind: str, id: int, state: Mapping[str, Any]) -> Document:
    """The announcement of an SLA or FLSA. Raises Unavailable when a name cannot be looked up."""
    return (_of_flsa if kind == "flsa" else _of_sla)(context, id, state)


def _of_sla(context: Context, id: int, state: Mapping[str, Any]) -> Document:
    instance = records(context, "service_instance").get(state["service_instance_id"]).state
    service = records(context, "service").get(instance["service_id"]).state
    offering = records(context, "service_offering").get(state["service_offering_id"]).state
    first_line = instance.get("first_line_team_id")
    return {
        "sla": {
            "id": id,
            "name": state["name"],
            "status": state["status"],
            "start_date": state.get("start_date"),
            "notice_date": state.get("notice_date"),
            "expiry_date": state.get("expiry_date"),
            "coverage": state["coverage"],
            # Who does not ask says nothing of it: what was told before stays the same.
            **({"asks_requester_target": True} if state.get("asks_requester_target") else {}),
        },
        "service": {"id": instance["service_id"], "name": service["name"]},
        "service_offering": {"id": state["service_offering_id"], "name": offering["name"]},
        "service_instance": {
            "id": state["service_instance_id"],
            "name": instance["name"],
            "status": instance["status"],
        },
        "support_team": _named(context, "team", instance["support_team_id"]),
        "first_line_team": None if first_line is None else _named(context, "team", first_line),
        "provider": _named(context, "organization", service["provider_id"]),
        "customer": _customer(context, state),
        "representatives": [_representative(context, each) for each in state["customer_representative_ids"]],
    }


def _of_flsa(context: Context, id: int, state: Mapping[str, Any]) -> Document:
    return {
        "flsa": {"id": id, **{name: state.get(name) for name in TOLD}},
        "service_desk_team": _named(context, "team", state["service_desk_team_id"]),
        "provider": _named(context, "organization", state["provider_id"]),
        "customer": _customer(context, state),
        "representatives": [_representative(context, each) for each in state["customer_representative_ids"]],
    }


def _customer(context: Context, state: Mapping[str, Any]) -> Document:
    """Of an agreement that nobody has saved yet it may be still without an id: then it is the account."""
    id = state["customer_id"]
    if id is None:
        return {"id": None, "name": state["customer_account"]["name"]}
    return _named(context, "organization", id)


def _named(context: Context, kind: str, id: int) -> Document:
    record = context.copies.get(kind, id) or {}
    return {"id": id, "name": record.get("name") or f"{kind} {id}"}


def _representative(context: Context, id: int) -> Document:
    person = context.copies.get("person", id) or {}
    return {"id": person.get("remote_id") or id, "name": person.get("name") or f"person {id}"}
