"""The end of every step: what follows from the new state, whatever rule made it.

The customer hears of a changed status (`speaking`), the provider of a changed target where the agreement
shares it (`core`), the accounts of the request get its new public notes, the account's own clock stops or
runs, and the account's services and the requester are told. Because this is derived from the state before and
after, no rule can forget it.
"""

from typing import Any

from services.requests.model.core import tell_target
from services.requests.model.holder import clock, own_team
from services.requests.model.notes import send_note
from services.requests.model.offering import offer_files
from services.requests.model.request import Request
from services.requests.model.situation import tell_situation
from services.requests.model.speaking import speak
from services.requests.model.step import Draft, HistoryEntry, Step
from services.requests.model.values import Clock, Ref, Status
from services.requests.model.wire import core_value, episode_body, time_text

#: Own-view fields whose changes the history and the events tell, by their names in the API.
TOLD = {
    "status": "status",
    "team": "team",
    "member": "member",
    "completion_reason": "completion_reason",
    "completed_at": "completed_at",
    "waiting_until": "waiting_until",
    "service_instance": "service_instance",
    "supplier": "supplier",
    "supplier_request_id": "supplier_requestID",
    "source": "source",
    "source_id": "sourceID",
    "reopen_count": "reopen_count",
    "urgent": "urgent",
    "provider_not_accountable": "provider_not_accountable",
}
TOLD_OF_CORE = (
    "subject",
    "category",
    "impact",
    "desired_completion_at",
    "downtime_start_at",
    "downtime_end_at",
)

CLOCK_NOTES = {
    Clock.STOPPED_WAITING: "The clock has stopped: waiting for the customer.",
    Clock.STOPPED_BELOW: "The clock has stopped: passed on to another provider.",
    Clock.STOPPED_NOT_ACCOUNTABLE: "The clock has stopped: the provider is not accountable.",
}


def finish(draft: Draft) -> Step:
    """Turns the draft into a step; each is finished once."""
    before = draft.before
    speak(draft)
    instance = draft.request.service_instance
    if instance is None or instance.account is None:
        draft.change(own_service_instance=instance)
    if before is None or draft.request.team != before.team:
        draft.change(assignment_count=draft.request.assignment_count + (draft.request.team is not None))
    _clock(draft)
    _wait(draft)
    tell_situation(draft)
    tell_target(draft)
    _pass_notes(draft)
    offer_files(draft)
    _events(draft)
    changes = _changes(before, draft.request)
    lines = draft.lines
    if changes:
        what, text, said = lines[0] if lines else ("changed", None, {})
        lines = [(what, text, {**said, **changes}), *lines[1:]]
    first = draft.request.history_count + 1
    history = tuple(
        HistoryEntry(first + index, draft.context.at, draft.account, draft.person, what, text, said)
        for index, (what, text, said) in enumerate(lines)
    )
    draft.change(history_count=draft.request.history_count + len(history))
    if before is None or draft.request != before:
        draft.change(updated_at=draft.context.at)
    return Step(draft.request, tuple(draft.outgoing), tuple(draft.notes), history, tuple(draft.events))


def _clock(draft: Draft) -> None:
    before = clock(draft.before) if draft.before else None
    now = clock(draft.request)
    if now is before:
        return
    draft.event("request.clock_changed", before=before.value if before else None, now=now.value)
    if now in CLOCK_NOTES:
        draft.system_note(CLOCK_NOTES[now])
    elif before in CLOCK_NOTES and now is Clock.RUNNING:
        draft.system_note("The clock runs again.")


def _wait(draft: Draft) -> None:
    """A wait for the customer begins with the status, and is over with it."""
    waits = draft.request.status is Status.WAITING_FOR_CUSTOMER
    if waits != (draft.request.waiting_since is not None):
        draft.change(waiting_since=draft.context.at if waits else None, reminders=0)


def _pass_notes(draft: Draft) -> None:
    """A public note is for every account of the request: up always, down in an open episode, once each."""
    above, link = draft.request.above, draft.request.link
    up = above is not None and above.hears
    for note in [note for note in draft.notes if note.public]:
        if up and above and note.account != above.partner and (above.thread, note.n) not in draft.carried:
            body = {"episode": episode_body(above.episode), "note": draft.body_of(note, above.partner)}
            draft.send_up("note.added", body, note)
        if link and note.account != link.partner and (link.thread, note.n) not in draft.carried:
            send_note(draft, link, note)
    if link is not None and draft.notes:
        draft.change_link(link, notes_given=draft.request.note_count)


def _events(draft: Draft) -> None:
    before, request = draft.before, draft.request
    facts = _facts(request)
    if before is None:
        draft.event("request.created", **facts)
    else:
        changed = sorted(_changes(before, request))
        if changed:
            draft.event("request.updated", changed=changed, **facts)
        for field in ("status", "team", "member"):
            if field in changed:
                draft.event(f"request.{field}_changed", before=_json(getattr(before, field)), **facts)
    for note in draft.notes:
        draft.event(
            "request.note_added",
            note_id=note.id,
            account=note.account,
            person_id=note.person.id if note.person else None,
            internal=note.internal,
            at=time_text(draft.context.at),
        )
    _tell_requester(draft)


def _tell_requester(draft: Draft) -> None:
    """What the end user hears: public notes of others, and that the own account has completed the request.

    A provider's word is none of it: its completion note is not public, and its status is not the request's
    end.
    """
    request = draft.request
    if request.above is not None or request.requested_for is None:
        return
    people = {ref.id for ref in (request.requested_by, request.requested_for) if ref is not None}
    told = {"requested_for_id": request.requested_for.id}
    for note in draft.notes:
        own_words = note.account == request.account and note.person is not None and note.person.id in people
        if note.public and not own_words:
            draft.event("request.requester_told", about="note", note_id=note.id, **told)
    if request.status is Status.COMPLETED and (draft.before is None or draft.before.live):
        draft.event("request.requester_told", about="completed", **told)


def _facts(request: Request) -> dict[str, Any]:
    team, member = own_team(request)
    return {
        "status": request.status.value,
        "impact": request.core.impact.value if request.core.impact else None,
        "category": request.core.category.value,
        "team_id": request.team.id if request.team else None,
        "member_id": request.member.id if request.member else None,
        "own_team_id": team.id if team else None,
        "own_member_id": member.id if member else None,
        "service_instance_id": request.service_instance.id if request.service_instance else None,
    }


def _changes(before: Request | None, after: Request) -> dict[str, list[Any]]:
    changes: dict[str, list[Any]] = {}
    for field, name in TOLD.items():
        old, new = getattr(before, field, None), getattr(after, field)
        if old != new and not (before is None and not new):
            changes[name] = [_json(old), _json(new)]
    if before is not None:
        for name in TOLD_OF_CORE:
            old, new = getattr(before.core, name), getattr(after.core, name)
            if old != new:
                changes[name] = [_json(old), _json(new)]
    return changes


def _json(value: Any) -> Any:
    if isinstance(value, Ref):
        account = {"account": value.account} if value.account else {}
        return {"id": value.id, "name": value.name, **account}
    return value if isinstance(value, int) else core_value(value)
