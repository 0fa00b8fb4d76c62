"""What the account's own clocks do to a request: they escalate it, and follow up on a customer who does not
answer.

The clocks say each alarm once, and the word may come twice or late. So a request knows what it has heard: of
each target of an affected SLA the highest alarm, and how far the customer was reminded in the wait that it is
in. An escalation moves only what this account's own people are working on. While a provider has it, or the
customer, a note tells them; the request stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.requests.model import own
from services.requests.model.finish import finish
from services.requests.model.holder import provider_holds
from services.requests.model.request import Escalated, Request
from services.requests.model.step import Context, Draft, Step
from services.requests.model.values import CompletionReason, Medium, Ref, Status


@dataclass(frozen=True, slots=True)
class Escalation:
    """So many percent of the time until a target of the SLA are gone: the request shall go to `team`, and be
    urgent or not. `team_gone`: there was a team, which can't be chosen any more.
    """

    heard: Escalated
    sla_name: str
    team: Ref | None = None
    urgent: bool = False
    team_gone: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """The rule (1, 2, …) that has fallen due in the wait that began at `waiting_since`, by an affected SLA.
    `completes`: the customer has had time enough. `time_zone`: the account's, by whose days he is told since
    when.
    """

    rule: int
    completes: bool
    waiting_since: datetime
    time_zone: str = "UTC"


def escalated(request: Request, escalation: Escalation, context: Context) -> Step:
    """Of a completed request, and of what was heard before, nothing is done."""
    heard = escalation.heard
    if not request.live or any(each.includes(heard) for each in request.escalations):
        return Step(request)
    draft = Draft(request, context, before=request)
    others = [each for each in request.escalations if not heard.includes(each)]
    draft.change(escalations=(*others, heard))
    said = f"{_gone(escalation)}: {_act(draft, escalation)}."
    draft.record("escalated", said)
    draft.system_note(said)
    return finish(draft)


def followed_up(request: Request, follow_up: FollowUp, context: Context) -> Step:
    """Nothing is done when that wait is over, or the customer was reminded as far in it."""
    waits = request.status is Status.WAITING_FOR_CUSTOMER and not provider_holds(request)
    if not waits or request.waiting_since != follow_up.waiting_since:
        return Step(request)
    if not follow_up.completes and follow_up.rule <= request.reminders:
        return Step(request)
    draft = Draft(request, context, before=request)
    since = follow_up.waiting_since.astimezone(ZoneInfo(follow_up.time_zone)).date().isoformat()
    if follow_up.completes:
        text = f"We have waited for your answer since {since}, and complete this request without it."
        own.complete(draft, CompletionReason.NO_REPLY, draft.note(text, medium=Medium.SYSTEM))
    else:
        draft.note(f"Reminder: we have been waiting for your answer since {since}.", medium=Medium.SYSTEM)
        draft.change(reminders=follow_up.rule)
        draft.record("reminded the customer")
    return finish(draft)


def _act(draft: Draft, escalation: Escalation) -> str:
    """What is done, in words."""
    request, team = draft.request, escalation.team
    if provider_holds(request):
        assert request.link is not None
        return f"nothing is changed while {request.link.partner} has the request"
    if not request.working:
        return "nothing is changed while the customer is waited for"
    done = []
    if team is not None and team == request.team:
        done.append(f"it is with {team.name} already")
    elif team is not None:
        own.assign(draft, team, None)
        done.append(f"assigned to {team.name}")
    elif escalation.team_gone:
        done.append("the team that it should go to can't be chosen any more")
    if escalation.urgent:
        done.append("it is urgent already" if request.urgent else "made urgent")
        draft.change(urgent=True)
    return ", ".join(done)


def _gone(escalation: Escalation) -> str:
    target = f"The {escalation.heard.goal} target of {escalation.sla_name}"
    percent = escalation.heard.percent
    return f"{target} was breached" if percent >= 100 else f"{target} was {percent} % gone"
