"""What a provider tells the customer's account of an agreement: written into the same save that changes it.

What was told last is in the document of the SLA or FLSA. Whatever changes it, an edit, its dates, or a record
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
from services.federation.outgoing.letters import write
from services.federation.partners.trusts import ACTIVE, SUSPENDED
from services.federation.restoring.deployment import Deployment
from services.federation.threads import Thread, open_thread
from services.slas import store
from services.slas.actions.announcements import announced
from services.slas.actions.representing import represent
from services.slas.actions.saving import records, save
from services.slas.actions.trusts import trust_with
from services.slas.model.announcement import WHOLE, to_tell, to_tell_of_flsa
from services.slas.store import thread_of

Document = dict[str, Any]
Row = dict[str, Any]

_VERSION = ".v1"


def tell(context: Context, id: int, state: Document, kind: str = "sla") -> tuple[Document, list[Row]]:
    """The state with what is told remembered, and the rows that tell it: none for one within the account, and
    none when the customer knows all of it. Of a partner's SLA it is told who represents us under it. Raises
    Unavailable when a name cannot be looked up."""
    if state.get("account") is not None:
        return represent(context, state) if kind == "sla" else (state, [])
    partner = (state.get("customer_account") or {}).get("id")
    if partner is None or not _reachable(context, partner):
        return state, []
    announcement = announced(context, kind, id, state)
    types = (to_tell_of_flsa if kind == "flsa" else to_tell)(state.get("told"), announcement)
    if not types:
        return state, []
    thread = thread_of(state) or _opened(context, partner)
    rows: list[Row] = []
    for type in types:
        body = announcement if type in WHOLE else _moved(context, announcement)
        thread, row = write(context, thread, id=context.new_uuid(), type=type + _VERSION, body=body)
        rows.append(row)
    return {**state, "thread": thread.to_document(), "told": announcement, "refused": None}, rows


def follow_record(context: Context, kind: str, id: int | str) -> None:
    """Tells, in every agreement that leads to the record (or to that trust's partner), what its change
    changed."""
    for sla_id in _leading_to(context, kind, id):
        follow(context, "sla", sla_id)
    for flsa_id in _flsas_leading_to(context, kind, id):
        follow(context, "flsa", flsa_id)


@decide_again
def follow(context: Context, kind: str, id: int) -> None:
    """Tells what the customer of one agreement does not know yet. Changes nothing when he knows all of it."""
    record = records(context, kind).get(id)
    state, rows = tell(context, id, record.state, kind)
    if rows:
        save(context, Actor.system(context.account), kind, record, state, {}, "told", rows)


def _leading_to(context: Context, kind: str, id: int | str) -> list[int]:
    if kind == "trust":
        return [*_own(context, "sla", {"customer_account.id": id}), *_partners(context, {"account.id": id})]
    if kind == "person":
        return _partners(context, {"customer_representative_ids": id})
    if kind == "service_offering":
        return _own(context, "sla", {"service_offering_id": id})
    if kind == "service_instance":
        return _own(context, "sla", {"service_instance_id": id})
    if kind == "organization":
        of_customer = _own(context, "sla", {"customer_id": id})
        return sorted({*of_customer, *_slas_of(context, [{"provider_id": id}])})
    if kind == "team":
        return _slas_of(context, [{"support_team_id": id}, {"first_line_team_id": id}])
    if kind == "service":
        return _slas_of(context, [{"service_id": id}])
    return []


def _flsas_leading_to(context: Context, kind: str, id: int | str) -> list[int]:
    fields = {
        "trust": ("customer_account.id",),
        "organization": ("customer_id", "provider_id"),
        "team": ("service_desk_team_id",),
    }
    found = [_own(context, "flsa", {field: id}) for field in fields.get(kind, ())]
    return sorted({each for ids in found for each in ids})


def _slas_of(context: Context, instances: list[Document]) -> list[int]:
    found = context.database[store.SERVICE_INSTANCES]
    ids = {each["_id"] for wanted in instances for each in found.find(wanted, {"_id": 1})}
    return _own(context, "sla", {"service_instance_id": {"$in": sorted(ids)}})


def _own(context: Context, kind: str, wanted: Document) -> list[int]:
    """Those of the account's own agreements that are between accounts."""
    found = context.database[store.KINDS[kind]].find(wanted, {"account": 1, "customer_account": 1})
    return [each["_id"] for each in found if not each.get("account") and each.get("customer_account")]


def _partners(context: Context, wanted: Document) -> list[int]:
    """Those of the partners' SLAs."""
    found = context.database[store.SLAS].find(wanted, {"account": 1, "discarded": 1})
    return [each["_id"] for each in found if each.get("account") and not each.get("discarded")]


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
