"""SLAs: registering, changing, and choosing what a partner's SLA covers.

The provider's account registers an SLA. When its customer is a trusted account, it is announced there
(`telling`), and the customer's account keeps a foreign SLA (`hearing`). Of a foreign SLA only what is the
customer's to say can be changed: what it covers, who represents the customer, remarks. None of that leaves
the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.common import idempotency
from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Invalid
from services.common.roles import MAINTAIN_AGREEMENTS
from services.common.store import Record, decide_again
from services.slas.actions import customers, hierarchy
from services.slas.actions.agreement_checks import (
    check_allowed,
    check_choices,
    complete,
    customer_account,
    listed,
)
from services.slas.actions.customers import Chosen
from services.slas.actions.saving import (
    changed,
    insert,
    made_before,
    records,
    save,
    shown,
)
from services.slas.actions.telling import tell
from services.slas.model import shapes

Fields = Mapping[str, Any]
Document = dict[str, Any]
Edit = Callable[[Fields], Fields]
"""The SLA as it is → the fields that shall be changed."""

# relation under an SLA → the field that lists it
RELATIONS: Mapping[str, str] = {
    "service_instances": "service_instance_ids",
    "organizations": "organization_ids",
    "sites": "site_ids",
    "people": "people_ids",
    "coverage_groups": "coverage_group_ids",
    "customer_representatives": "customer_representative_ids",
}


def create_sla(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Document:
    """A new SLA of ours. With `customer_account_id` its customer is that trusted account, and it is announced
    there unless it is being prepared. With source and sourceID, or the `key` (`common.idempotency`), of one
    that is there: that one, and `created` is false.

    Raises Forbidden, Invalid, Conflict, Unavailable.
    """
    actor.needs(*MAINTAIN_AGREEMENTS)
    keyed = idempotency.id_for(context, actor, "sla", key, fields, lambda: context.ids.next("sla"))
    if (made := made_before(context, "sla", fields, keyed)) is not None:
        return made
    id = keyed or context.ids.next("sla")
    with hierarchy.locked(context):
        state, rows = tell(context, id, beginning(context, fields))
        try:
            record = insert(context, actor, "sla", id, state, rows)
        except Conflict:
            # Two tries at the same time to make one record: the later one finds what the earlier made.
            if (made := made_before(context, "sla", fields, keyed)) is None:
                raise
            return made
    hierarchy.follow(context, state["service_instance_id"])
    return shown("sla", record)


def update_sla(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Document:
    """Of an SLA of ours all may be changed; of a partner's `CUSTOMERS_OWN`. `version`: the only one to be
    changed.

    Raises Forbidden, NotFound, PreconditionFailed, Invalid, IllegalMove, Conflict, Unavailable.
    """
    return _edited(context, actor, id, lambda _: fields, version)


def _edited(context: Context, actor: Actor, id: int, edit: Edit, version: int | None = None) -> Document:
    """As update_sla, with the fields that `edit` makes of the SLA as it is when it is saved."""
    actor.needs(*MAINTAIN_AGREEMENTS)
    with hierarchy.locked(context):
        before, after = _updated(context, actor, id, edit, version)
    for instance_id in {before.state["service_instance_id"], after.state["service_instance_id"]}:
        hierarchy.follow(context, instance_id)
    return shown("sla", after)


def add_to_sla(
    context: Context,
    actor: Actor,
    id: int,
    relation: str,
    other_id: int,
    impact: str | None = None,
    version: int | None = None,
) -> Document:
    """Adds one record to a list of the SLA (`RELATIONS`). `impact`: what a failure of the SLA's service
    instance does to a covered one. Raises as update_sla."""
    field = _field_of(relation)
    impacts: Document = {"impact_relations": {other_id: impact}}
    more = impacts if field == "service_instance_ids" and impact is not None else {}

    def with_it(state: Fields) -> Fields:
        return {field: [*listed(state, field), other_id], **more}

    return _edited(context, actor, id, with_it, version)


def remove_from_sla(context: Context, actor: Actor, id: int, relation: str, other_id: int | None) -> Document:
    """Takes one record off a list of the SLA (None: all). Raises as update_sla."""
    field = _field_of(relation)

    def without(state: Fields) -> Fields:
        return {field: [each for each in listed(state, field) if other_id not in (None, each)]}

    return _edited(context, actor, id, without)


@decide_again
def _updated(
    context: Context, actor: Actor, id: int, edit: Edit, version: int | None
) -> tuple[Record, Record]:
    record = records(context, "sla").get(id, version)
    state, stored = after(context, record.state, edit(record.state))
    if not changed(record.state, stored):
        return record, record
    state, rows = tell(context, id, state)
    changes = changed(record.state, {name: state.get(name) for name in {*stored, "status"}})
    return record, save(context, actor, "sla", record, state, changes, rows=rows)


def beginning(context: Context, fields: Fields, customer: Chosen = customers.introduced) -> Document:
    """The state of an SLA that is made of these fields. `customers.known`: to look at it, and save nothing.

    Raises Invalid, IllegalMove, Unavailable.
    """
    made = shapes.new("sla", _stored(context, {}, fields), context.clock.now())
    return complete(context, {}, made, customer)


def after(
    context: Context, before: Fields, fields: Fields, customer: Chosen = customers.introduced
) -> tuple[Document, Document]:
    """(the state of an SLA after an edit, the fields as they are stored). Raises as `beginning`."""
    check_allowed(before, fields)
    stored = _stored(context, before, fields)
    if not changed(before, stored):
        return dict(before), stored
    state = shapes.edited(before, stored, context.clock.now())
    if before.get("account") is None:
        return complete(context, before, state, customer), stored
    check_choices(context, before, state)
    return state, stored


def _stored(context: Context, state: Fields, fields: Fields) -> Document:
    """The fields as they are stored. Raises Invalid."""
    stored = dict(fields)
    relations = stored.pop("impact_relations", {})
    if "service_instance_ids" in stored:
        edges = shapes.covering(state, stored.pop("service_instance_ids"))
        stored["service_instances"] = [
            {**edge, "impact_relation": relations.get(edge["service_instance_id"], edge["impact_relation"])}
            for edge in edges
        ]
    if "customer_account_id" in stored:
        stored["customer_account"] = customer_account(context, state, stored.pop("customer_account_id"))
    for field in RELATIONS.values():
        if field in stored:
            stored[field] = sorted(set(stored[field]))
    return stored


def _field_of(relation: str) -> str:
    if relation not in RELATIONS:
        raise Invalid("unknown_relation", f"An SLA has no {relation}; it has: {', '.join(RELATIONS)}.")
    return RELATIONS[relation]
