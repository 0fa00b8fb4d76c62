"""Services, service instances and service offerings: made and changed, each by one save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from services.common import idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict, Invalid
from services.common.roles import MAINTAIN_AGREEMENTS, MAINTAIN_SERVICES
from services.common.store import decide_again
from services.slas import store
from services.slas.actions import hierarchy
from services.slas.actions.references import Fault, check, faults_among
from services.slas.actions.saving import (
    changed,
    insert,
    made_before,
    records,
    refusing,
    save,
    shown,
)
from services.slas.model import shapes
from services.slas.model.offerings import check_terms, with_calendars

Fields = Mapping[str, Any]
Document = dict[str, Any]


def create_service(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """Without a provider: the account's own organization. With source and sourceID, or the `key`
    (`common.idempotency`), of one that is there: that one, and `created` is false. Raises Forbidden, Invalid,
    Conflict."""
    actor.needs(*MAINTAIN_SERVICES)
    if fields.get("provider_id") is None:
        account = context.copies.get("account", context.account) or {}
        fields = {**fields, "provider_id": account.get("organization_id")}
    return created(context, actor, "service", fields, key)


def update_service(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """`version`: the only one to be changed. Raises Forbidden, NotFound, PreconditionFailed, Invalid,
    Conflict.
    """
    actor.needs(*MAINTAIN_SERVICES)
    service = updated(context, actor, "service", id, fields, version)
    follow_service(context, id)
    return service


def create_service_offering(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> Document:
    """As create_service; targets and charges must not contradict themselves."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    return created(context, actor, "service_offering", fields, key, _terms)


def update_service_offering(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """As update_service; it stays with its service while an SLA leads to it."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    with hierarchy.locked(context) if "service_id" in fields else nullcontext():
        _check_service(context, "service_offering", id, fields)
        return updated(context, actor, "service_offering", id, fields, version, _terms)


def create_service_instance(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> Document:
    """As create_service; `parent_service_instances` are own service instances that the new one supports."""
    actor.needs(*MAINTAIN_SERVICES)
    _check_parents(context, None, fields)
    return created(context, actor, "service_instance", _with_edges(fields), key, _of_provider(context))


def update_service_instance(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """As update_service; `parent_service_instances` are all the edges that shall be drawn. It stays with its
    service while an SLA leads to it."""
    actor.needs(*MAINTAIN_SERVICES)
    led_to = {"service_id", "parent_service_instances"}
    with hierarchy.locked(context) if led_to & fields.keys() else nullcontext():
        return _updated_instance(context, actor, id, fields, version)


def add_parent(
    context: Context, actor: Actor, id: int, parent_id: int, relation: str, version: int | None = None
) -> Document:
    """Draws one edge, or changes what it says. Raises as update_service_instance."""
    actor.needs(*MAINTAIN_SERVICES)
    with hierarchy.locked(context):
        edges = [edge for edge in _drawn(context, id) if edge["service_instance_id"] != parent_id]
        edges.append({"service_instance_id": parent_id, "impact_relation": relation})
        return _updated_instance(context, actor, id, {"parent_service_instances": edges}, version)


def remove_parent(context: Context, actor: Actor, id: int, parent_id: int | None) -> Document:
    """Takes one drawn edge away (None: all). What follows from an SLA is taken away there."""
    actor.needs(*MAINTAIN_SERVICES)
    with hierarchy.locked(context):
        edges = [edge for edge in _drawn(context, id) if parent_id not in (None, edge["service_instance_id"])]
        return _updated_instance(context, actor, id, {"parent_service_instances": edges}, None)


def _updated_instance(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None
) -> Document:
    """Call it `locked` where edges or the service are among the fields."""
    _check_service(context, "service_instance", id, fields)
    _check_parents(context, id, fields)
    stored = _with_edges(fields)
    return updated(context, actor, "service_instance", id, stored, version, _of_provider(context))


def follow_service(context: Context, service_id: int) -> None:
    """Brings the provider that a service's instances name in line with the service's."""
    service = records(context, "service").find_one({"_id": service_id})
    if service is None:
        return
    provider_id = service.state.get("provider_id")
    instances = records(context, "service_instance")
    wrong = {"service_id": service_id, "provider_id": {"$ne": provider_id}}
    for id in [record.id for record in instances.find(wrong)]:
        _follow_provider(context, id, provider_id)


@decide_again
def _follow_provider(context: Context, instance_id: int, provider_id: int | None) -> None:
    record = records(context, "service_instance").get(instance_id)
    changes = changed(record.state, {"provider_id": provider_id})
    if changes:
        state = shapes.edited(record.state, {"provider_id": provider_id}, context.clock.now())
        save(context, Actor.system(context.account), "service_instance", record, state, changes)


Complete = Callable[[Document], Document]
"""Checks the whole state a record would have, and completes it with what follows from it."""


def created(
    context: Context,
    actor: Actor,
    kind: str,
    fields: Fields,
    key: str | None,
    complete: Complete = dict,
    faults: Mapping[str, Fault] | None = None,
) -> Document:
    """A new record of a kind of ours, or the one that was made before. `faults`: see `references.check`."""
    id = idempotency.id_for(context, actor, kind, key, fields, lambda: context.ids.next(kind))
    if (made := made_before(context, kind, fields, id)) is not None:
        return made
    check(context, {}, fields, faults)
    state = complete(shapes.new(kind, fields, context.clock.now()))
    try:
        return shown(kind, insert(context, actor, kind, id or context.ids.next(kind), state))
    except Conflict:
        # Two tries at the same time to make one record: the later one finds what the earlier made.
        if (made := made_before(context, kind, fields, id)) is None:
            raise
        return made


@decide_again
def updated(
    context: Context,
    actor: Actor,
    kind: str,
    id: int,
    fields: Fields,
    version: int | None,
    complete: Complete = dict,
    faults: Mapping[str, Fault] | None = None,
) -> Document:
    """A changed record of a kind of ours; as it is when nothing changes. `faults`: see `references.check`."""
    record = records(context, kind).get(id, version)
    check_own(kind, record.state)
    check(context, record.state, fields, faults)
    changes = changed(record.state, fields)
    if not changes:
        return shown(kind, record)
    state = complete(shapes.edited(record.state, fields, context.clock.now()))
    return shown(kind, save(context, actor, kind, record, state, changes))


def check_own(kind: str, state: Mapping[str, Any]) -> None:
    """Raises Invalid `foreign_record` for a partner's record."""
    account = state.get("account")
    if account is not None:
        raise Invalid(
            "foreign_record",
            f"This {kind.replace('_', ' ')} belongs to the account {account['name']} "
            "and can only be changed there.",
            [("id", f"belongs to account {account['id']}")],
        )


def _terms(state: Document) -> Document:
    with refusing():
        check_terms(state)
    return with_calendars(state)


def _of_provider(context: Context) -> Complete:
    def complete(state: Document) -> Document:
        service = records(context, "service").get(state["service_id"])
        return {**state, "provider_id": service.state.get("provider_id")}

    return complete


def _check_service(context: Context, kind: str, id: int, fields: Fields) -> None:
    """An SLA joins a service instance and an offering of one service: neither leaves it while one does. Call
    it `locked`, as SLAs are saved. Raises NotFound, Invalid."""
    state = records(context, kind).get(id).state
    if fields.get("service_id", state["service_id"]) == state["service_id"]:
        return
    with answering():
        sla = context.database[store.SLAS].find_one({f"{kind}_id": id}, {"name": 1})
    if sla is not None:
        text = f'cannot be changed: the SLA "{sla["name"]}" ({sla["_id"]}) leads to it'
        raise Invalid(errors=[("service_id", f"{text}. Make a new one in the other service")])


def _drawn(context: Context, id: int) -> list[Document]:
    edges: list[Document] = records(context, "service_instance").get(id).state.get("parents") or []
    return edges


def _with_edges(fields: Fields) -> Document:
    """The fields as they are stored: the edges that are drawn are `parents`."""
    stored = dict(fields)
    if "parent_service_instances" in stored:
        edges = {edge["service_instance_id"]: edge for edge in stored.pop("parent_service_instances")}
        stored["parents"] = [edges[id] for id in sorted(edges)]
    return stored


def _check_parents(context: Context, id: int | None, fields: Fields) -> None:
    if "parent_service_instances" not in fields:
        return
    parents = [edge["service_instance_id"] for edge in fields["parent_service_instances"]]
    errors = faults_among(context, "parent_service_instances", "service_instance", parents)
    if errors:
        raise Invalid(errors=errors)
    if id is not None:
        hierarchy.check_edges(context, id, parents, "parent_service_instances")
