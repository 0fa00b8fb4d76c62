"""What people ask for: a new request, and the plain edits of docs/api.md turned into moves.

Cross-account actions are edits like any other:

    service_instance  a partner's            hand over, or give to another provider
    team              a partner's            answer (when asked), reject (when returned), hand over (else)
    team              an own one             take back while a provider has it, else assign
    status            completed              complete; withdraw, when asked by who does not work on it
                      declined               decline
                      waiting_for_customer   ask
                      a status of work       that status; from completed: reopen first
    note              alone                  a public note; by the requester it ends a wait for the requester

One edit may hold several: first the core, then who has it, then the status; the customer's account hears the
end of it only. What a field says already is no change.
"""

from typing import Any

from services.requests.model import core
from services.requests.model.editing import Edit
from services.requests.model.errors import InvalidField, MissingFields, NotAllowed
from services.requests.model.facts import Changes, Facts, NewRequest, given
from services.requests.model.finish import finish
from services.requests.model.request import Request
from services.requests.model.step import Actor, Context, Draft, Step, Who
from services.requests.model.values import CORE_FIELDS, Category, Core, FileState, Note, Status, Visibility
from services.requests.model.workflow import BUILT_IN, Move, Workflow

#: What somebody may say who does not work on it: its requester, a key contact, a representative.
REQUESTER_FIELDS = frozenset({"note", "note_attachments", "status", "completion_reason"})


def create(
    new: NewRequest, actor: Actor, facts: Facts, context: Context, workflow: Workflow = BUILT_IN
) -> Step:
    """A new request of this account.

    Without a team it goes to `facts.team_of_instance`, else to the service desk team; on a partner's service
    instance, or by the lead of an FLSA, it is handed over at once, with that team at the head of the trail.
    Raises the errors of `edit`.
    """
    fields = given(new)
    workflow.permit(None, Move.CREATE, actor, facts, fields)
    if missing := [name for name in ("subject", "category") if fields.get(name) is None]:
        raise MissingFields("A new request", missing)
    requested_for = fields.get("requested_for") or fields.get("requested_by") or actor.person
    team = fields.pop("team", None) or facts.team_of_instance or facts.service_desk_team
    if team is None:
        raise MissingFields("A new request", ["team"])
    if team.account is not None:
        text = f"{team.name} is {team.account}'s: set service_instance_id to one of its service instances."
        raise InvalidField(text, ["team"])
    shared = {name: fields.pop(name) for name in CORE_FIELDS if name in fields}
    core.check_downtime(None, shared)
    request = Request(
        id=context.ids.request(),
        account=context.account,
        core=Core(
            origin=context.ids.unique(),
            version=1,
            **{**shared, "requester": requested_for.name if requested_for else None},
        ),
        status=Status.ASSIGNED,
        created_at=context.at,
        updated_at=context.at,
        created_by=actor.person,
        requested_by=fields.pop("requested_by", None) or actor.person,
        requested_for=requested_for,
        organization=fields.pop("organization", None),
        team=team,
        source=fields.pop("source", None),
        source_id=fields.pop("source_id", None),
    )
    fields.pop("requested_for", None)
    draft = Draft(request, context, person=actor.person)
    draft.record("created")
    if "member" in fields:
        _set_member(draft, fields.pop("member"), facts)
    if facts.lead is not None and facts.lead.service_instance is None:
        fields["team"] = facts.lead.team
    # Whoever may register a request may register it on any service instance that is offered to him.
    registrar = Actor(actor.person, actor.who | {Who.SYSTEM}, actor.teams)
    Edit(draft, fields, registrar, facts, workflow).make()
    _check_impact(draft.request)
    return finish(draft)


def edit(
    request: Request,
    changes: Changes,
    actor: Actor,
    facts: Facts,
    context: Context,
    workflow: Workflow = BUILT_IN,
) -> Step:
    """A PATCH. Raises `IllegalMove`, `NotAllowed`, `MissingFields`, `MirroredField`, `InvalidField`."""
    fields = given(changes)
    if Who.SPECIALIST not in actor.who and (beyond := fields.keys() - REQUESTER_FIELDS):
        raise NotAllowed("Only specialists may change this.", sorted(beyond))
    draft = Draft(request, context, person=actor.person, before=request)
    shared = {name: fields.pop(name) for name in CORE_FIELDS if name in fields}
    if "requester" in shared:
        raise InvalidField("The requester's name follows from requested_for.", ["requester"])
    core.check_downtime(request.core, shared)
    core.change(draft, shared)
    Edit(draft, fields, actor, facts, workflow).make()
    if request.above is None and (shared or "service_instance" in fields):
        _check_impact(draft.request)
    return finish(draft)


def publish(request: Request, note: Note, actor: Actor, context: Context) -> Step:
    """A provider's solution (or any note for specialists) said to everybody, in the publishing account's own
    name.

    The note stays as it came; the public one is new, by this person, with the files that are here, and made
    once. Raises `NotAllowed`, `InvalidField`.
    """
    if Who.SPECIALIST not in actor.who:
        raise NotAllowed("Only specialists may publish a note.", ["internal"])
    if note.public:
        raise InvalidField("The note is public already.", ["internal"])
    if note.n in request.published:
        raise InvalidField("The note was published already.", ["internal"])
    draft = Draft(request, context, person=actor.person, before=request)
    draft.change(published=(*request.published, note.n))
    here = tuple(file for file in note.attachments if file.state is FileState.HERE)
    draft.note(note.text, Visibility.END_USER, person=actor.person, attachments=here)
    draft.record("published", f"note {note.id}")
    return finish(draft)


def legal_moves(
    request: Request, actor: Actor, facts: Facts, workflow: Workflow = BUILT_IN
) -> tuple[Move, ...]:
    """What this actor could do with the request now."""
    return workflow.legal(request, actor, facts)


def _set_member(draft: Draft, member: Any, facts: Facts) -> None:
    if member is not None and not facts.member_of_team:
        raise InvalidField(f"{member.name} is not a member of the team.", ["member"])
    draft.change(member=member)


def _check_impact(request: Request) -> None:
    """4me: an incident with a service instance has an impact."""
    core_ = request.core
    if core_.category is Category.INCIDENT and request.service_instance and core_.impact is None:
        raise MissingFields("An incident with a service instance", ["impact"])
