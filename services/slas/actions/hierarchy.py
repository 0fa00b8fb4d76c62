"""The edges between service instances, drawn and agreed.

Drawn edges are in the lower instance's document. Agreed ones follow from SLAs with coverage
`service_instances` and are derived: `follow` brings them into the instance's document after an SLA was
saved, at once and, should a crash come between, once more by the SLA's own event. What closes a circle is
refused over both kinds, whatever the SLAs' status (it may become active by itself), while one lock for all
edges is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from services.common import hierarchies
from services.common.actor import Actor
from services.common.context import Context
from services.common.store import decide_again
from services.federation.partners.trusts import ACTIVE, TrustBook
from services.slas import store
from services.slas.actions.saving import changed, records, refusing, save
from services.slas.actions.trusts import trust_with
from services.slas.model.hierarchy import check_parents
from services.slas.model.shapes import covered_ids, edited


def locked(context: Context) -> AbstractContextManager[None]:
    """Holds the lock for all edges. Raises Unavailable `hierarchy_busy` when others hold it for long."""
    return hierarchies.locked(context, "service hierarchy")


def check_edges(context: Context, child: int, parents: Iterable[int], field: str) -> None:
    """Raises Invalid, naming the path, when `child` would come to be above itself. Call it `locked`."""
    new_parents = list(parents)
    graph = _above(context, new_parents)
    nodes = {child, *graph, *(parent for edges in graph.values() for parent in edges)}
    found = context.database[store.SERVICE_INSTANCES].find({"_id": {"$in": sorted(nodes)}}, {"name": 1})
    names = {each["_id"]: each["name"] for each in found}
    with refusing():
        check_parents(child, new_parents, graph, names, field)


def _above(context: Context, start: Iterable[int]) -> dict[int, list[int]]:
    """The edges upward from `start`, level by level: {service instance: its parents}."""
    instances, slas = context.database[store.SERVICE_INSTANCES], context.database[store.SLAS]
    graph: dict[int, list[int]] = {}
    level = set(start)
    while level:
        graph |= {node: [] for node in level}
        among = {"$in": sorted(level)}
        for instance in instances.find({"_id": among}, {"parents": 1}):
            graph[instance["_id"]] += [edge["service_instance_id"] for edge in instance.get("parents") or ()]
        for sla in slas.find({"service_instance_id": among}, _COVERED):
            if sla.get("coverage") == "service_instances":
                graph[sla["service_instance_id"]] += covered_ids(sla)
        level = {parent for node in level for parent in graph[node]} - graph.keys()
    return graph


_COVERED = {"service_instance_id": 1, "coverage": 1, "service_instances": 1}


def follow_sla(context: Context, sla: Mapping[str, Any]) -> None:
    """Brings in line every service instance that an SLA (as others hold it) is or was about."""
    instances = context.database[store.SERVICE_INSTANCES]
    found = [instances.find({"agreed_parents.sla_id": sla["id"]}, {"_id": 1})]
    if sla.get("account"):
        theirs = {"account.id": sla["account"]["id"], "offered": True}
        found.append(instances.find(theirs, {"_id": 1}))
    ids = {each["_id"] for cursor in found for each in cursor} | {sla["service_instance_id"]}
    for id in sorted(ids - {None}):
        follow(context, id)


def follow_trust(context: Context, partner: str) -> None:
    """Brings in line every service instance of a partner, after the trust with it has changed."""
    theirs = context.database[store.SERVICE_INSTANCES].find({"account.id": partner}, {"_id": 1})
    for id in [each["_id"] for each in theirs]:
        follow(context, id)


def follow_withheld(context: Context) -> None:
    """Brings in line what partners offer who are not trusted: what was decided while the trust still stood,
    and saved after `follow_trust`. Raises Unavailable.
    """
    withheld = [trust.partner for trust in TrustBook.of(context).trusts() if trust.status != ACTIVE]
    for partner in withheld:
        offered = context.database[store.SERVICE_INSTANCES].find(
            {"account.id": partner, "offered": True}, {"_id": 1}
        )
        for id in [each["_id"] for each in offered]:
            follow(context, id)


@decide_again
def follow(context: Context, instance_id: int) -> None:
    """Brings a service instance's document in line with the active SLAs for it: its agreed edges, and (of a
    partner's) whether it is offered, which takes an active trust too. Changes nothing when it is in line."""
    record = records(context, "service_instance").find_one({"_id": instance_id})
    if record is None:
        return
    active = context.database[store.SLAS].find(
        {"service_instance_id": instance_id, "status": "active"}, _COVERED
    )
    slas = sorted(active, key=lambda sla: sla["_id"])
    partner = (record.state.get("account") or {}).get("id")
    fields = {
        "agreed_parents": _agreed(slas),
        "offered": partner is None or (bool(slas) and _trusted(context, partner)),
    }
    changes = changed(record.state, fields)
    if changes:
        state = edited(record.state, fields, context.clock.now())
        save(context, Actor.system(context.account), "service_instance", record, state, changes, "agreed")


def _trusted(context: Context, partner: str) -> bool:
    trust = trust_with(context, partner)
    return trust is not None and trust.status == ACTIVE


def _agreed(slas: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**edge, "sla_id": sla["_id"]}
        for sla in slas
        if sla.get("coverage") == "service_instances"
        for edge in sla.get("service_instances") or ()
    ]
