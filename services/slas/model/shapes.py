"""How a new record looks, what of it the account's other services keep a copy of, and what is shown of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

Document = dict[str, Any]

# What a record has when nothing is said.
_BLANK: Mapping[str, Mapping[str, Any]] = {
    "service": {"disabled": False},
    "service_instance": {"status": "in_production", "offered": True, "parents": [], "agreed_parents": []},
    "service_offering": {"status": "planned"},
    "calendar": {"disabled": False, "calendar_hours": [], "exceptions": []},
    "holiday": {"disabled": False},
    "sla_notification_scheme": {"disabled": False, "rules": []},
    "waiting_for_customer_follow_up": {"disabled": False, "rules": [], "auto_complete": False},
    "flsa": {
        "status": "being_prepared",
        "customer_representative_ids": [],
        "announced_representatives": [],
        "major_incident_manager_ids": [],
    },
    "sla_coverage_group": {
        "disabled": False,
        "organization_ids": [],
        "site_ids": [],
        "people_ids": [],
    },
    "sla": {
        "status": "being_prepared",
        "coverage": "customer_account",
        "use_knowledge_from_service_provider": False,
        "asks_requester_target": False,
        "shares_requester_target": False,
        "organization_ids": [],
        "site_ids": [],
        "people_ids": [],
        "coverage_group_ids": [],
        "service_instances": [],
        "customer_representative_ids": [],
        "announced_representatives": [],
    },
}
_COPIED: Mapping[str, tuple[str, ...]] = {
    "service": ("name", "provider_id", "support_team_id", "disabled"),
    "service_offering": ("name", "service_id", "status", "time_zone"),
    "calendar": ("name", "disabled"),
    "sla_notification_scheme": ("name", "disabled"),
    "waiting_for_customer_follow_up": ("name", "disabled"),
    "holiday": ("name", "disabled", "calendar_id", "start_at", "end_at"),
    "flsa": ("name", "status", "provider_id", "customer_id", "customer_account", "service_desk_team_id"),
    "sla_coverage_group": ("name", "disabled", "coverage"),
    "service_instance": (
        "name",
        "status",
        "service_id",
        "provider_id",
        "support_team_id",
        "first_line_team_id",
        "offered",
    ),
    "sla": (
        "name",
        "status",
        "start_date",
        "expiry_date",
        "service_instance_id",
        "service_offering_id",
        "customer_id",
        "customer_account",
        "coverage",
        "organization_ids",
        "site_ids",
        "people_ids",
        "coverage_group_ids",
        "customer_representative_ids",
        "represented_by",
    ),
}
# What is found by and never shown: keys of indexes, what the two sides agreed on, and the store's own.
_HIDDEN = frozenset(
    {
        "_id",
        "outbox",
        "history",
        "history_total",
        "history_moved",
        "unsent",
        "origin",
        "remote",
        "told",
        "heard",
        "represented_told",
        "represented_revision",
        "due_on",
        "discarded",
        "parents",
        "agreed_parents",
        "service_instances",
        "calendar_ids",
    }
)


def shares_requester_target(sla: Mapping[str, Any]) -> bool:
    """Whether the customer tells the provider until when its requesters expect a resolution: when the one
    asks for it, and the other allows it."""
    return bool(sla.get("asks_requester_target") and sla.get("shares_requester_target"))


def new(kind: str, fields: Mapping[str, Any], now: datetime) -> Document:
    """The state of a record that is made now: what was given, and defaults for the rest."""
    return keyed({**_BLANK[kind], **fields, "created_at": now, "updated_at": now})


def edited(state: Mapping[str, Any], fields: Mapping[str, Any], now: datetime) -> Document:
    """The state after an edit."""
    return keyed({**state, **fields, "updated_at": now})


def keyed(state: Mapping[str, Any]) -> Document:
    """The state with the key that it is found by; without a value it is left out, so that it is free."""
    result = {name: value for name, value in state.items() if name != "origin"}
    found_by = origin(state)
    if found_by is not None:
        result["origin"] = found_by
    return result


def origin(fields: Mapping[str, Any]) -> str | None:
    """What a record made from an external system's is found by; None when it does not say both."""
    if fields.get("source") and fields.get("sourceID"):
        return f"{fields['source']}\n{fields['sourceID']}"
    return None


def remote(account: str, remote_id: int) -> str:
    """What a foreign record is found by."""
    return f"{account}/{remote_id}"


def foreign(account: Mapping[str, str], remote_id: int) -> Document:
    """The fields that say whose a foreign record is."""
    return {
        "account": {"id": account["id"], "name": account["name"]},
        "remote_id": remote_id,
        "remote": remote(account["id"], remote_id),
    }


def parents_of(instance: Mapping[str, Any]) -> list[Document]:
    """All edges upward of a service instance: [{service_instance_id, impact_relation, sla_id}]; `sla_id` is
    that of the SLA which the edge follows from, None when it was drawn."""
    drawn = [{**edge, "sla_id": None} for edge in instance.get("parents") or ()]
    return [*drawn, *(instance.get("agreed_parents") or ())]


def covered_ids(sla: Mapping[str, Any]) -> list[int]:
    """The service instances under an SLA with coverage `service_instances`."""
    return [edge["service_instance_id"] for edge in sla.get("service_instances") or ()]


def covering(sla: Mapping[str, Any], ids: list[int], relation: str | None = None) -> list[Document]:
    """The edges for exactly these covered service instances; those there are keep what they say of harm."""
    known = {
        edge["service_instance_id"]: edge["impact_relation"] for edge in sla.get("service_instances") or ()
    }
    return [
        {"service_instance_id": id, "impact_relation": known.get(id, relation or "down")}
        for id in sorted(set(ids))
    ]


def copied(kind: str, id: int, state: Mapping[str, Any]) -> Document:
    """What the account's other services keep of a record. Own records carry neither account nor remote_id."""
    record: Document = {"id": id, **{name: state.get(name) for name in _COPIED[kind]}}
    if state.get("account") is not None:
        record |= {"account": state["account"], "remote_id": state["remote_id"]}
    if kind == "service_instance":
        record["parent_ids"] = sorted({edge["service_instance_id"] for edge in parents_of(state)})
    if kind == "sla":
        thread = state.get("thread") or {}
        record |= {"thread": thread.get("id"), "partner": thread.get("partner")}
        record["service_instance_ids"] = covered_ids(state)
    return record


def shown(kind: str, document: Mapping[str, Any]) -> Document:
    """A stored document as it may be shown: `id` for `_id`, nothing of the store's own, no keys."""
    record = {
        "id": document["_id"],
        **{name: value for name, value in document.items() if name not in _HIDDEN},
    }
    if kind == "service_instance":
        record["parent_service_instances"] = parents_of(document)
    if kind == "sla":
        # An SLA that was saved before these could be chosen has none.
        record = {"site_ids": [], "coverage_group_ids": [], **record}
        record["service_instance_ids"] = covered_ids(document)
    if kind in ("sla", "flsa"):
        record["thread"] = document["thread"]["id"] if document.get("thread") else None
    return record
