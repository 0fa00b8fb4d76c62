"""What people do: register a request, change it, add a note to it, publish one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from services.common.actor import Actor
from services.common.context import Context
from services.common.errors import Conflict, Forbidden, Invalid, NotFound
from services.common.store import decide_again
from services.requests import model, store
from services.requests.actions.lookup import Lookup
from services.requests.actions.ruling import deciding, ruled, who
from services.requests.model.access import END_USER_FIELDS, REGISTER_FOR_OTHERS
from services.requests.store import Stored

Fields = Mapping[str, Any]

_WORDS = {
    "status": model.Status,
    "category": model.Category,
    "impact": model.Impact,
    "completion_reason": model.CompletionReason,
}
_PLAIN = (
    "subject",
    "waiting_until",
    "desired_completion_at",
    "downtime_start_at",
    "downtime_end_at",
    "note",
    "internal_note",
)
_RENAMED = {"supplier_requestID": "supplier_request_id", "source": "source", "sourceID": "source_id"}


def create_request(context: Context, actor: Actor, fields: Fields) -> dict[str, Any]:
    """`{id, created}`. With source and sourceID of a request that is there: that one, and `created` is false.

    Raises Invalid, IllegalMove, Forbidden, Unavailable.
    """
    made = _made_from(context, fields)
    if made is not None:
        return {"id": made, "created": False}
    if (
        not actor.is_system
        and "specialist" not in actor.roles
        and (beyond := fields.keys() - END_USER_FIELDS)
    ):
        raise Forbidden(
            "not_allowed",
            "Only specialists may set this.",
            [(field, "may only be set by specialists") for field in sorted(beyond)],
        )

    def decide(lookup: Lookup) -> model.Step:
        new, facts = _new(lookup, actor, fields)
        return model.create(new, who(actor, None), facts, ruled(context))

    step = deciding(context, actor, decide)
    try:
        store.save(context, step)
    except Conflict:
        # Two tries at the same time to register one request: the later one finds what the earlier made.
        made = _made_from(context, fields)
        if made is None:
            raise
        return {"id": made, "created": False}
    return {"id": step.request.id, "created": True}


@decide_again
def update_request(context: Context, actor: Actor, id: int, fields: Fields) -> dict[str, Any]:
    """`{id}`. Raises NotFound, Invalid, IllegalMove (which says what would be legal), Forbidden,
    Unavailable.
    """
    stored = store.load(context, id)
    person = who(actor, stored.request)

    def decide(lookup: Lookup) -> model.Step:
        changes, facts = _changes(context, lookup, actor, stored, fields)
        return model.edit(stored.request, changes, person, facts, ruled(context))

    store.save(context, deciding(context, actor, decide), stored)
    return {"id": id}


def add_note(
    context: Context, actor: Actor, request_id: int, text: str, internal: bool = False
) -> dict[str, Any]:
    """`{id}` of the new note. Raises NotFound, Invalid, Forbidden."""
    return _noted(context, actor, request_id, {"internal_note" if internal else "note": text})


@decide_again
def _noted(context: Context, actor: Actor, request_id: int, fields: Fields) -> dict[str, Any]:
    stored = store.load(context, request_id)
    person = who(actor, stored.request)

    def decide(lookup: Lookup) -> model.Step:
        changes, facts = _changes(context, lookup, actor, stored, fields)
        return model.edit(stored.request, changes, person, facts, ruled(context))

    step = deciding(context, actor, decide)
    store.save(context, step, stored)
    if not step.notes:
        raise Invalid(errors=[("text", "must not be empty")])
    return {"id": step.notes[0].id}


@decide_again
def publish_note(context: Context, actor: Actor, note_id: int) -> dict[str, Any]:
    """`{id}` of the public note that says what a note for specialists says. Raises NotFound, Invalid,
    Forbidden.
    """
    document = context.database[store.NOTES.name].find_one({"_id": note_id})
    if document is None:
        raise NotFound()
    stored = store.load(context, document["request_id"])
    person = who(actor, stored.request)
    step = deciding(
        context,
        actor,
        lambda _: model.publish(stored.request, store.read_note(document), person, ruled(context)),
    )
    store.save(context, step, stored)
    return {"id": step.notes[0].id}


def _new(lookup: Lookup, actor: Actor, fields: Fields) -> tuple[model.NewRequest, model.Facts]:
    new: dict[str, Any] = _values(fields)
    new["category"] = new.get("category") or model.Category.OTHER
    asker = fields.get("requested_by_id") or fields.get("requested_for_id") or actor.person_id
    for field, id in (("requested_by", asker), ("requested_for", fields.get("requested_for_id") or asker)):
        if id is not None:
            _may_register_for(actor, field, id)
            new[field] = lookup.own("person", id, f"{field}_id")
    person = lookup.record("person", new["requested_for"].id) if new.get("requested_for") else None
    new["organization"] = lookup.ref("organization", person.get("organization_id")) if person else None
    team = None
    lead = None
    if (
        instance := lookup.ref("service_instance", fields.get("service_instance_id"), "service_instance_id")
    ) is not None:
        new["service_instance"] = instance
        if instance.account is None:
            team = lookup.team_of(instance.id, first_line="specialist" not in actor.roles)
        else:
            lead = lookup.lead(instance, None, new.get("requested_for"))
    _assign(lookup, new, fields)
    given = new.get("team") or team
    desk = None if given else lookup.service_desk_team()
    facts = model.Facts(
        lead=lead,
        team_of_instance=team,
        service_desk_team=desk,
        member_of_team=_is_member(lookup, given or desk, fields),
    )
    return cast(model.NewRequest, new), facts


def _changes(
    context: Context, lookup: Lookup, actor: Actor, stored: Stored, fields: Fields
) -> tuple[model.Changes, model.Facts]:
    request = stored.request
    changes: dict[str, Any] = _values(fields)
    team_of_instance = lead = None
    if "service_instance_id" in fields:
        instance = lookup.ref("service_instance", fields["service_instance_id"], "service_instance_id")
        changes["service_instance"] = instance
        if instance is not None and instance.account is not None:
            lead = lookup.lead(instance, request.own_service_instance, request.requested_for)
        elif instance is not None:
            team_of_instance = lookup.team_of(instance.id, first_line=False)
    _assign(lookup, changes, fields)
    team = changes.get("team")
    if lead is None and team is not None and team.account is not None:
        lead = lookup.present_lead(request, request.own_service_instance)
    declines = changes.get("status") is model.Status.DECLINED
    facts = model.Facts(
        lead=lead,
        team_of_instance=team_of_instance,
        coordinator=lookup.coordinator(request.team) if declines else None,
        service_desk_team=lookup.service_desk_team() if declines else None,
        member_of_team=_is_member(lookup, team or request.team, fields),
        public_notes=store.public_notes(context, stored) if lead else (),
    )
    return cast(model.Changes, changes), facts


def _values(fields: Fields) -> dict[str, Any]:
    """The fields that refer to nothing, as the rules' words."""
    values = {name: fields[name] for name in _PLAIN if name in fields}
    for name, words in _WORDS.items():
        if name in fields:
            values[name] = None if fields[name] is None else words(fields[name])
    return values | {new: fields[name] for name, new in _RENAMED.items() if name in fields}


def _assign(lookup: Lookup, values: dict[str, Any], fields: Fields) -> None:
    if "team_id" in fields:
        values["team"] = lookup.ref("team", fields["team_id"], "team_id")
    if "member_id" in fields:
        values["member"] = lookup.own("person", fields["member_id"], "member_id")


def _is_member(lookup: Lookup, team: model.Ref | None, fields: Fields) -> bool:
    member_id = fields.get("member_id")
    return member_id is None or lookup.is_member(team, member_id)


def _may_register_for(actor: Actor, field: str, person_id: int) -> None:
    """4me: a specialist registers for himself, a service desk analyst for anyone in the account."""
    if person_id != actor.person_id and not actor.has(*REGISTER_FOR_OTHERS):
        text = "may only be somebody else when a service desk analyst registers the request"
        raise Forbidden("not_allowed", f"{field}_id {text}.", [(f"{field}_id", text)])


def _made_from(context: Context, fields: Fields) -> int | None:
    source, source_id = fields.get("source"), fields.get("sourceID")
    if not source or not source_id:
        return None
    found = context.database[store.REQUESTS.name].find_one(
        {"origin_key": json.dumps([source, source_id])}, {"_id": 1}
    )
    return None if found is None else int(found["_id"])
