"""Moves within the account: its own teams and members, and the ends that people make.

Whether a move may be made is the move table's business (`workflow`); here is only what it does. A provider
below that the move leaves behind is told in the same step (rule 7).
"""

from datetime import datetime

from services.requests.model import customer, provider
from services.requests.model.errors import InvalidField
from services.requests.model.facts import Facts
from services.requests.model.request import Request
from services.requests.model.speaking import speak
from services.requests.model.step import Actor, Draft
from services.requests.model.values import CompletionReason, Note, Ref, Status, TrailEntry

#: How many steps of the own trail are kept; the first and the newest ones.
MAX_TRAIL = 100


def assign(draft: Draft, team: Ref | None, member: Ref | None) -> None:
    """To an own team and member. The trail remembers a change of team, so that a decline finds back."""
    request = draft.request
    if team is not None and request.team is not None and team != request.team:
        entry = TrailEntry(draft.context.account, request.team, request.member, draft.context.at)
        trail = (*request.trail, entry)
        if len(trail) > MAX_TRAIL:
            trail = (trail[0], *trail[2:])
        draft.change(trail=trail)
    draft.change(team=team or request.team, member=member)
    set_status(draft, Status.ASSIGNED)
    draft.record("assigned")


def set_status(draft: Draft, status: Status, waiting_until: datetime | None = None) -> None:
    """A status of work. A question that stands is taken back by it (table 4, "go on by itself")."""
    draft.change(status=status, waiting_until=waiting_until)
    if draft.request.above is not None:
        draft.change_above(question=None)


def take_it(draft: Draft, actor: Actor) -> None:
    """Who accepts or starts a request of the own team that nobody has becomes its member."""
    request = draft.request
    if request.member is None and request.team is not None and request.team.id in actor.teams:
        draft.change(member=actor.person)


def ask(draft: Draft, note: Note) -> None:
    """Waits for the customer: for the customer's account when the request came from one, else for the
    requester.
    """
    draft.change(status=Status.WAITING_FOR_CUSTOMER, waiting_until=None)
    speak(draft, note)
    draft.record("asked the customer")


def complete(draft: Draft, reason: CompletionReason, note: Note | None) -> None:
    """Ends the request here, with this account's own reason and time. Raises `InvalidField` for the reason
    `declined`.
    """
    if reason is CompletionReason.DECLINED:
        raise InvalidField(
            "Set status to declined instead: declining has its own way.", ("completion_reason",)
        )
    customer.end(draft, note)
    draft.change(
        status=Status.COMPLETED,
        completion_reason=reason,
        completed_at=draft.context.at,
        waiting_until=None,
    )
    speak(draft, note)
    draft.record("completed", reason.value)


def reopen(draft: Draft) -> None:
    """completed → assigned, the same team. A provider "takes up again" while the episode is open: not a
    reopening, which only the customer's rejection is (rule 8).
    """
    own = draft.request.above is None
    draft.change(
        status=Status.ASSIGNED,
        completion_reason=None,
        completed_at=None,
        reopen_count=draft.request.reopen_count + own,
    )
    if not own:
        draft.change_above(taken_up_again=True)
    draft.record("reopened" if own else "taken up again")


def decline(draft: Draft, facts: Facts, note: Note) -> None:
    """One step back: the member's team, then who assigned it, then the customer's account or the service
    desk.

    As in 4me. The status `declined` is never rested in: a decline within the account ends in
    `assigned`.
    """
    request = draft.request
    last = request.trail[-1] if request.trail else None
    draft.system_note(f"{_name(request)} declined the request.")
    if request.member is not None:
        coordinator = facts.coordinator if facts.coordinator != request.member else None
        _step_back(draft, request.team, coordinator)
    elif last is not None and last.account == request.account:
        draft.change(trail=request.trail[:-1])
        _step_back(draft, last.team, last.member)
    elif request.above is not None:
        provider.declined(draft, note)
    else:
        _step_back(draft, facts.service_desk_team, None)
    draft.record("declined")


def _step_back(draft: Draft, team: Ref | None, member: Ref | None) -> None:
    draft.change(team=team, member=member)
    set_status(draft, Status.ASSIGNED)


def _name(request: Request) -> str:
    who = request.member or request.team
    return who.name if who else "Nobody"
