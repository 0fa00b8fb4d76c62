"""What a provider tells the customer's account of an SLA: written into the same save that changes it.

What was told last is in the SLA's document. Whatever changes it, an edit of the SLA, its dates, or a record
that it leads to, the announcement is composed anew and the difference is told
(`services.slas.model.announcement`). So what is said is in the order of the saves, and nothing is told
twice. Changes of other records arrive as their events (`follow_record`), which are not lost; between such a
change and its event the customer knows the former state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.common.actor import Actor
from services.common.clock import iso
from services.common.context import Context
from services.common.store import decide_again
from services.federation.deployment import Deployment
from services.federation.letters import write
from services.federation.threads import Thread, open_thread
from services.federation.trusts import ACTIVE, SUSPENDED
from services.slas import store
from services.slas.actions.saving import records, save
from services.slas.actions.trusts import trust_with
from services.slas.model.announcement import to_tell
from services.slas.store import thread_of

Document = dict[str, Any]
Row = dict[str, Any]

_WHOLE = ("agreement.offered", "agreement.changed")
_VERSION = ".v1"


def tell(context: Context, id: int, state: Document) -> tuple[Document, list[Row]]:
    """The state with what is told remembered, and the rows that tell it: none for an SLA within the account,
    and none when the customer knows all of it. Raises Unavailable when a name cannot be looked up."""
    partner = (state.get("customer_account") or {}).get("id")
    if partner is None or state.get("account") is not None or not _reachable(context, partner):
        return state, []
    announcement = announced(context, id, state)
    types = to_tell(state.get("told"), announcement)
    if not types:
        return state, []
    thread = thread_of(state) or _opened(context, partner)
    rows: list[Row] = []
    for type in types:
        body = announcement if type in _WHOLE else _moved(context, announcement)
        thread, row = write(context, thread, id=context.new_uuid(), type=type + _VERSION, body=body)
        rows.append(row)
    return {**state, "thread": thread.to_document(), "told": announcement, "refused": None}, rows


def announced(context: Context, id: int, state: Mapping[str, Any]) -> Document:
    """The whole of what the customer's account is told of the SLA. Every id in it is this account's own, but
    those of representatives: they are the customer's people, so they are named as the customer knows them."""
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
        "customer": _named(context, "organization", state["customer_id"]),
        "representatives": [_representative(context, each) for each in state["customer_representative_ids"]],
    }


def follow_record(context: Context, kind: str, id: int | str) -> None:
    """Tells, in every SLA that leads to the record (or to that trust's partner), what its change changed."""
    for sla_id in _leading_to(context, kind, id):
        follow_sla(context, sla_id)


@decide_again
def follow_sla(context: Context, id: int) -> None:
    """Tells what the customer of one SLA does not know yet. Changes nothing when he knows all of it."""
    record = records(context, "sla").get(id)
    state, rows = tell(context, id, record.state)
    if rows:
        save(context, Actor.system(context.account), "sla", record, state, {}, "told", rows)


def _leading_to(context: Context, kind: str, id: int | str) -> list[int]:
    if kind == "trust":
        return _own_slas(context, {"customer_account.id": id})
    if kind == "service_offering":
        return _own_slas(context, {"service_offering_id": id})
    if kind == "service_instance":
        return _own_slas(context, {"service_instance_id": id})
    if kind == "organization":
        of_customer = _own_slas(context, {"customer_id": id})
        return sorted({*of_customer, *_slas_of(context, [{"provider_id": id}])})
    if kind == "team":
        return _slas_of(context, [{"support_team_id": id}, {"first_line_team_id": id}])
    if kind == "service":
        return _slas_of(context, [{"service_id": id}])
    return []


def _slas_of(context: Context, instances: list[Document]) -> list[int]:
    found = context.database[store.SERVICE_INSTANCES]
    ids = {each["_id"] for wanted in instances for each in found.find(wanted, {"_id": 1})}
    return _own_slas(context, {"service_instance_id": {"$in": sorted(ids)}})


def _own_slas(context: Context, wanted: Document) -> list[int]:
    found = context.database[store.SLAS].find(wanted, {"account": 1, "customer_account": 1})
    return [each["_id"] for each in found if not each.get("account") and each.get("customer_account")]


def _reachable(context: Context, partner: str) -> bool:
    """Whether somebody is to be told: words queue while a trust is suspended; without one nobody is."""
    trust = trust_with(context, partner)
    return trust is not None and trust.status in (ACTIVE, SUSPENDED)


def _opened(context: Context, partner: str) -> Thread:
    incarnation = Deployment.of(context).incarnation
    return open_thread("agreement", context.account, partner, context.new_uuid(), incarnation=incarnation)


def _moved(context: Context, announcement: Mapping[str, Any]) -> Document:
    sla = {"id": announcement["sla"]["id"], "status": announcement["sla"]["status"]}
    return {"sla": sla, "at": iso(context.clock.now())}


def _named(context: Context, kind: str, id: int) -> Document:
    record = context.copies.get(kind, id) or {}
    return {"id": id, "name": record.get("name") or f"{kind} {id}"}


def _representative(context: Context, id: int) -> Document:
    person = context.copies.get("person", id) or {}
    return {"id": person.get("remote_id") or id, "name": person.get("name") or f"person {id}"}
