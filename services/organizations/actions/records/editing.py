"""Organizations, people, teams and sites: made and changed, each by one save."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from services.common import hierarchies, idempotency, roles
from services.common.actor import Actor
from services.common.attachments import mark_named
from services.common.context import Context
from services.common.errors import Conflict
from services.common.store import decide_again
from services.organizations.actions.records import attaching, custom_fields
from services.organizations.actions.records.domains import home_of
from services.organizations.actions.records.needed import ensure_administered, ensure_not_needed
from services.organizations.actions.saving import (
    found,
    insert,
    records,
    refusing,
    save,
    whole,
)
from services.organizations.model import overlay, shapes, shelves
from services.organizations.model import records as rules
from services.organizations.model.domains import domain_keys
from services.organizations.model.roles import checked as granted

Fields = Mapping[str, Any]
Change = Fields | Callable[[Fields], Fields]
"""The fields as they shall be, or how they follow from the state."""

# Which field refers to a record of which kind.
REFERENCES: Mapping[str, Mapping[str, str]] = {
    "organization": {"parent_id": "organization", "manager_id": "person", "substitute_id": "person"},
    "person": {
        "organization_id": "organization",
        "manager_id": "person",
        "site_id": "site",
        "work_hours_id": "calendar",
    },
    "team": {
        "coordinator_id": "person",
        "manager_id": "person",
        "configuration_manager_id": "person",
        "work_hours_id": "calendar",
    },
    "site": {},
}


def create_organization(
    context: Context, actor: Actor, fields: Fields, key: str | None = None
) -> dict[str, Any]:
    """With source and sourceID, or the `key` (`common.idempotency`), of one that is there: that one, and
    `created` is false. Raises Forbidden, Invalid, Conflict.
    """
    actor.needs(*roles.MAINTAIN_ORGANIZATIONS)
    return _created(context, actor, "organization", fields, key)


def update_organization(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> dict[str, Any]:
    """Of a partner's, what the account keeps on it (`overlay`). `version`: the only one to be changed. Raises
    Forbidden, NotFound, PreconditionFailed, Invalid, Conflict.
    """
    actor.needs(*roles.MAINTAIN_ORGANIZATIONS)
    return _updated(context, actor, "organization", id, fields, version)


def create_site(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
    """As create_organization."""
    actor.needs(*roles.MAINTAIN_ORGANIZATIONS)
    return _created(context, actor, "site", fields, key)


def update_site(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> dict[str, Any]:
    """As update_organization."""
    actor.needs(*roles.MAINTAIN_ORGANIZATIONS)
    return _updated(context, actor, "site", id, fields, version)


def create_team(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
    """As create_organization; `member_ids` are people of the account, the coordinator one of them."""
    actor.needs(*roles.MAINTAIN_TEAMS)
    return _created(context, actor, "team", fields, key)


def update_team(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> dict[str, Any]:
    """As update_organization; `member_ids` are all the members there shall be."""
    actor.needs(*roles.MAINTAIN_TEAMS)
    return _updated(context, actor, "team", id, fields, version)


def create_person(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> dict[str, Any]:
    """As create_organization; without an organization the person belongs to the one that his e-mail address
    fits (`model.domains`), else to the account's own. `roles` come in files alone.
    """
    actor.needs(*roles.ADMINISTRATORS)
    if fields.get("organization_id") is None:
        home = home_of(context, fields.get("primary_email") or "")
        own = records(context, "account").get(context.account).state["organization_id"]
        fields = {**fields, "organization_id": own if home is None else home}
    return _created(context, actor, "person", fields, key)


def update_person(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> dict[str, Any]:
    """As update_organization. People may change some fields of their own record (`rules.OWN_PROFILE`)."""
    if actor.person_id == id and not actor.has(*roles.ADMINISTRATORS):
        with refusing():
            rules.own_profile(fields)
    else:
        actor.needs(*roles.ADMINISTRATORS)
    return _updated(context, actor, "person", id, fields, version)


def _created(context: Context, actor: Actor, kind: str, fields: Fields, key: str | None) -> dict[str, Any]:
    id = idempotency.id_for(context, actor, kind, key, fields, lambda: context.ids.next(kind))
    if (made := made_before(context, kind, fields, id)) is not None:
        return made
    with refusing():
        fields = _checked(context, actor, kind, None, {}, fields)
    fields = attaching.attached(context, actor, kind, {}, fields)
    state = shapes.new(kind, fields, context.clock.now())
    marks = attaching.marks_of(context, fields)
    try:
        record = insert(context, actor, kind, id or context.ids.next(kind), state)
    except Conflict:
        # Two tries at the same time to make one record: the later one finds what the earlier made.
        if (made := made_before(context, kind, fields, id)) is None:
            raise
        return made
    mark_named(context, marks)
    return whole(record)


def made_before(context: Context, kind: str, fields: Fields, id: int | None) -> dict[str, Any] | None:
    """What was made before, under the id of the caller's key or from the same source and sourceID."""
    known = ({"_id": id}, {"origin": shapes.origin(fields)})
    for found_by in (filter for filter in known if None not in filter.values()):
        if (made := records(context, kind).find_one(found_by)) is not None:
            return {**whole(made), "created": False}
    return None


def _updated(
    context: Context, actor: Actor, kind: str, id: int, fields: Fields, version: int | None
) -> dict[str, Any]:
    """Who moves a record in its hierarchy holds the lock of it."""
    hierarchy = rules.HIERARCHIES.get(kind)
    moves = hierarchy is not None and fields.get(hierarchy.field) is not None
    with hierarchies.locked(context, f"{kind} hierarchy") if moves else nullcontext():
        return edited(context, actor, kind, id, fields, version)


@decide_again
def edited(
    context: Context, actor: Actor, kind: str, id: int, change: Change, version: int | None = None
) -> dict[str, Any]:
    """One edit of a record. Raises Forbidden, NotFound, PreconditionFailed, Invalid, Conflict."""
    record = records(context, kind).get(id, version)
    with refusing():
        wanted = change(record.state) if callable(change) else change
        _may_write(actor, kind, record.state, wanted)
        shelves.in_use(kind, record.state)
        fields = _checked(context, actor, kind, id, record.state, wanted)
    fields = attaching.attached(context, actor, kind, record.state, fields)
    changes = rules.changed(record.state, fields)
    if not changes:
        return whole(record)
    if changes.get("disabled", [None, False])[1]:
        ensure_not_needed(context, kind, record, "disabled")
    if "roles" in changes:
        ensure_administered(context, record, fields["roles"])
    state = shapes.edited(kind, record.state, fields, context.clock.now())
    marks = attaching.marks_of(context, fields)
    saved = save(context, actor, kind, record, state, changes)
    mark_named(context, marks)
    return whole(saved)


def _may_write(actor: Actor, kind: str, state: Fields, fields: Fields) -> None:
    """A partner's record is its own to write; on its organizations some keep an overlay. Raises Forbidden,
    RuleBroken.
    """
    if kind == "organization" and overlay.is_foreign(state):
        actor.needs(*roles.MAINTAIN_OVERLAYS)
        overlay.takes(state, fields)
    else:
        rules.own(kind, state)


def _checked(
    context: Context, actor: Actor, kind: str, id: int | None, state: Mapping[str, Any], fields: Fields
) -> dict[str, Any]:
    """The fields as they will be stored. References that stay are not asked about. Raises RuleBroken."""
    checked = dict(fields)
    for field, referred in REFERENCES[kind].items():
        value = checked.get(field)
        if value is not None and value != state.get(field):
            rules.usable(field, referred, _referred(context, referred, value))
    hierarchy = rules.HIERARCHIES.get(kind)
    if hierarchy is not None and checked.get(hierarchy.field) is not None:
        rules.above(kind, id, ancestors(context, kind, hierarchy.field, checked[hierarchy.field]))
    if checked.get("email_domains"):
        checked["email_domains"] = domain_keys(checked["email_domains"])
    if kind == "team":
        checked = _checked_team(context, state, checked)
    if "roles" in checked:
        checked["roles"] = list(granted(checked["roles"]))
    if "custom_fields" in checked:
        checked |= custom_fields.taken(context, actor, kind, state, checked.pop("custom_fields"))
    return checked


def _referred(context: Context, kind: str, id: int) -> Mapping[str, Any] | None:
    """The record, or the copy of another service's; one that would be refused is refreshed first. Raises
    Unavailable.
    """
    if kind not in context.copies.owners:
        return found(context, kind, [id]).get(id)
    copy = context.copies.get(kind, id)
    return context.copies.refresh(kind, id) if copy is None or copy.get("disabled") else copy


def _checked_team(context: Context, state: Mapping[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    if "member_ids" in fields:
        fields["member_ids"] = rules.members(fields["member_ids"])
        joining = set(fields["member_ids"]) - set(state.get("member_ids") or ())
        people = found(context, "person", joining)
        for person_id in sorted(joining):
            rules.usable("member_ids", "person", people.get(person_id))
    after = {**state, **fields}
    rules.coordinator(after.get("coordinator_id"), after.get("member_ids") or ())
    return fields


def ancestors(context: Context, kind: str, field: str, nearest: int) -> list[int]:
    """The record named, who is above it, and so on; one more than is allowed when there are too many."""
    ancestors: list[int] = []
    next_id: int | None = nearest
    while next_id is not None and len(ancestors) <= rules.MAX_DEPTH and next_id not in ancestors:
        ancestors.append(next_id)
        next_id = found(context, kind, [next_id]).get(next_id, {}).get(field)
    return ancestors
