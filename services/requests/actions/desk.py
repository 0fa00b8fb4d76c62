"""What people do: register a request, change it, add a note to it, publish one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from services.common import idempotency
from services.common.actor import Actor
from services.common.attachments import mark_named
from services.common.context import Context
from services.common.errors import Conflict, Forbidden, Invalid, NotFound
from services.common.store import decide_again
from services.requests import model, store
from services.requests.actions import attaching
from services.requests.actions.lookup import Lookup
from services.requests.actions.ruling import deciding, ruled, who
from services.requests.model.access import END_USER_FIELDS, REGISTER_FOR_OTHERS, sees
from services.requests.store import Stored
from services.requests.viewing import viewer_of

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
    "urgent",
    "provider_not_accountable",
    "note",
    "internal_note",
    *attaching.FIELDS,
)
_RENAMED = {"supplier_requestID": "supplier_request_id", "source": "source", "sourceID": "source_id"}


@dataclass(frozen=True)
class Made:
    """The id of a request or note. `saved` is its document, when it was saved now and not before."""

    id: int
    saved: Mapping[str, Any] | None = None


def create_request(context: Context, actor: Actor, fields: Fields, key: str | None = None) -> Made:
    """With source and sourceID, or the `key` (`common.idempotency`), of a request that is there: that one.

    Raises Invalid, IllegalMove, Forbidden, Conflict when the actor may not see that one, Unavailable.
    """
    id = idempotency.id_for(context, actor, "request", key, fields, lambda: context.ids.next("request"))
    made = _made_before(context, actor, fields, id)
    if made is not None:
        return Made(made)
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

    fields = attaching.attached(context, actor, fields)

    def decide(lookup: Lookup) -> model.Step:
        new, facts = _new(lookup, actor, fields)
        return model.create(new, who(context, actor, None), facts, ruled(context, request_id=id))

    step = deciding(context, actor, decide)
    marks = attaching.marks_of(context, step.notes)
    try:
        stored = store.save(context, step)
    except Conflict:
        # Two tries at the same time to register one request: the later one finds what the earlier made.
        made = _made_before(context, actor, fields, id)
        if made is None:
            raise
        return Made(made)
    mark_named(context, marks)
    return Made(stored.request.id, store.document_of(stored))


def update_request(
    context: Context, actor: Actor, id: int, fields: Fields, version: int | None = None
) -> Made:
    """`version`: the only one to be changed. Raises NotFound, PreconditionFailed, Invalid, IllegalMove (which
    says what would be legal), Forbidden, Unavailable.
    """
    made = edit(context, actor, id, fields, version)
    assert made is not None
    return Made(id, store.document_of(made[1]))


def add_note(context: Context, actor: Actor, request_id: int, note: Fields, key: str | None = None) -> Made:
    """The new note (`schemas.NoteInputSchema`); with the `key` (`common.idempotency`) of one that is there:
    that one. Raises NotFound, Invalid, Forbidden.
    """
    asked = {"request_id": request_id, **note}
    id = idempotency.id_for(context, actor, "note", key, asked, lambda: context.ids.newest("note"))
    name = "internal_note" if note["internal"] else "note"
    fields = {name: note["text"]}
    if "attachments" in note:
        fields[f"{name}_attachments"] = note["attachments"]
    try:
        made = edit(context, actor, request_id, fields, note_id=id)
    except (Forbidden, Invalid) as refused:
        raise type(refused)(
            refused.code, refused.message, attaching.as_of_note(name, refused.errors)
        ) from refused
    if made is None:
        assert id is not None
        return Made(id)
    new = made[0].notes[0]
    return Made(new.id, store.note_document(request_id, new))


@decide_again
def edit(
    context: Context,
    actor: Actor,
    id: int,
    fields: Fields,
    version: int | None = None,
    note_id: int | None = None,
    speaker: model.Actor | None = None,
) -> tuple[model.Step, Stored] | None:
    """`note_id`: that of the first note; None when that note is there: then the edit was made before.
    `speaker`: who edits, where it is nobody of this account; his right to it was checked. Raises as
    `update_request`.
    """
    stored = store.load(context, id, version)
    person = speaker or who(context, actor, stored.request)
    if note_id is not None and store.has_note(context, stored, note_id):
        return None

    fields = attaching.attached(context, actor, fields)

    def decide(lookup: Lookup) -> model.Step:
        changes, facts = _changes(context, lookup, stored, fields)
        return model.edit(stored.request, changes, person, facts, ruled(context, note_id=note_id))

    step = deciding(context, actor, decide)
    marks = attaching.marks_of(context, step.notes)
    saved = store.save(context, step, stored)
    mark_named(context, marks)
    return step, saved


@decide_again
def publish_note(context: Context, actor: Actor, note_id: int) -> Made:
    """The public note that says what a note for specialists says. Raises NotFound, Invalid, Forbidden."""
    document = context.database[store.NOTES.name].find_one({"_id": note_id})
    if document is None:
        raise NotFound()
    stored = store.load(context, document["request_id"])
    person = who(context, actor, stored.request)
    step = deciding(
        context,
        actor,
        lambda _: model.publish(stored.request, store.read_note(document), person, ruled(context)),
    )
    store.save(context, step, stored)
    note = step.notes[0]
    return Made(note.id, store.note_document(stored.request.id, note))


def _new(lookup: Lookup, actor: Actor, fields: Fields) -> tuple[model.NewRequest, model.Facts]:
    new: dict[str, Any] = _values(fields)
    new["category"] = new.get("category") or model.Category.OTHER
    asker = fields.get("requested_by_id") or actor.person_id
    for field in ("requested_by_id", "requested_for_id"):
        _may_register_for(actor, field, fields.get(field, actor.person_id))
    for field, id in (("requested_by", asker), ("requested_for", fields.get("requested_for_id") or asker)):
        if id is not None:
            new[field] = lookup.own("person", id, f"{field}_id")
    person = lookup.record("person", new["requested_for"].id) if new.get("requested_for") else None
    new["organization"] = lookup.ref("organization", person.get("organization_id")) if person else None
    team = None
    lead = None
    if (instance := lookup.service_instance(fields)) is not None:
        new["service_instance"] = instance
        team = lookup.team_of(instance, first_line="specialist" not in actor.roles)
        if instance.account is not None:
            lead = lookup.lead(instance, None, new.get("requested_for"))
    _assign(lookup, new, fields)
    given = new.get("team") or team
    desk = None if given else lookup.service_desk_team(new["organization"])
    if given is None and instance is None and "specialist" not in actor.roles:
        lead = lookup.first_line(new["organization"])
    facts = model.Facts(
        lead=lead,
        team_of_instance=team,
        service_desk_team=desk,
        member_of_team=_is_member(lookup, given or desk, fields),
    )
    return cast(model.NewRequest, new), facts


def _changes(
    context: Context, lookup: Lookup, stored: Stored, fields: Fields
) -> tuple[model.Changes, model.Facts]:
    request = stored.request
    changes: dict[str, Any] = _values(fields)
    if "service_instance_id" in fields:
        changes["service_instance"] = lookup.service_instance(fields, request.service_instance)
    _assign(lookup, changes, fields)
    lead = _lead(lookup, request, changes)
    team_of_instance = lookup.team_of(changes.get("service_instance"), first_line=False)
    declines = changes.get("status") is model.Status.DECLINED
    facts = model.Facts(
        lead=lead,
        team_of_instance=team_of_instance,
        coordinator=lookup.coordinator(request.team) if declines else None,
        service_desk_team=lookup.service_desk_team(request.organization) if declines else None,
        member_of_team=_is_member(lookup, _team_after(request, changes, team_of_instance), fields),
        public_notes=store.public_notes(context, stored) if lead else (),
    )
    return cast(model.Changes, changes), facts


def _lead(lookup: Lookup, request: model.Request, changes: Mapping[str, Any]) -> model.Lead | None:
    """Where a partner's service instance or team leads; None too for the partner that has the request
    already, to whom nothing needs to lead any more: he is answered, or told that it was not solved.
    """
    link = request.link if request.link and request.link.turn is not model.Turn.REFUSED else None
    instance, team = changes.get("service_instance"), changes.get("team")
    if instance is not None and instance.account is not None:
        stands = link is not None and link.service_instance == instance
        about = request.own_service_instance
        return None if stands else lookup.lead(instance, about, request.requested_for)
    if "service_instance" in changes or team is None or team.account is None:
        return None
    has_it = link is not None and link.partner == team.account
    return None if has_it else lookup.present_lead(request)


def _team_after(
    request: model.Request, changes: Mapping[str, Any], team_of_instance: model.Ref | None
) -> model.Ref | None:
    """The team that the request will have, which the member must belong to."""
    if changes.get("team"):
        return cast(model.Ref, changes["team"])
    taken_back = "service_instance" in changes and model.provider_holds(request)
    return team_of_instance or model.own_team(request)[0] if taken_back else request.team


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


def _may_register_for(actor: Actor, field: str, person_id: int | None) -> None:
    """4me: a specialist registers for himself, a service desk analyst for anyone in the account."""
    if person_id != actor.person_id and not actor.has(*REGISTER_FOR_OTHERS):
        text = "may only be somebody else when a service desk analyst registers the request"
        raise Forbidden("not_allowed", f"{field} {text}.", [(field, text)])


def _made_before(context: Context, actor: Actor, fields: Fields, id: int | None) -> int | None:
    """The request that was registered under the id of the caller's key, or from the same source. Raises
    Conflict when the actor may not see it.
    """
    if id is not None and store.find(context, {"_id": id}) is not None:
        return id
    source, source_id = fields.get("source"), fields.get("sourceID")
    if not source or not source_id:
        return None
    stored = store.find(context, {"origin_key": store.origin_key(source, source_id)})
    if stored is None:
        return None
    if not actor.is_system and not sees(stored.request, viewer_of(context.database, actor)):
        raise Conflict("already_taken", "Another request has this source and sourceID already.")
    return stored.request.id
