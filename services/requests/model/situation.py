"""What the account's clocks and inboxes hear of a request: `request.situation_changed`.

    n                    1, 2, 3 … per request: who follows does so in this order, and knows by it what is
                         missing
    at                   of the save that it came with
    by_id                the account's person who made it so; null for the account itself, and for partners
    since                when it came to stand where it does: with whom, and whose turn it is
    customer_account     that of the customer who handed it over, under `agreement` (its thread)
    about_id             the account's own service instance that it is about
    begun                the account's own people work on it: that is the response. Neither `accepted` nor
                         `waiting_for_customer` says so
    handed_down          it was handed over to this account, and a provider below has it now
    waiting_since        since when it has been waiting for the customer
    own_team_id,         who is responsible in this account: while a provider has the request, those who
    own_member_id        handed it over
    turn                 of the provider it is with, or came back from: `with`, `asked`, `returned` or
                         `refused`; null without an open episode
    came_back            a provider gave it back, and those who handed it over have it

The other names are those of the API. It is said whole, whenever something of it has changed that clocks or
inboxes go by: they see no difference between `assigned` and `accepted`, nor what a provider has begun.
Source of what is a response: 4me-facts, section 4 (SLA clock).
"""

from typing import Any, Final

from services.requests.model.holder import own_team, provider_holds
from services.requests.model.request import Request
from services.requests.model.step import Draft
from services.requests.model.values import Ref, Status, Turn
from services.requests.model.wire import core_value, time_text

BEGUN: Final = frozenset({Status.IN_PROGRESS, Status.WAITING_FOR, Status.WORKFLOW_PENDING})
_TOLD_APART: Final = frozenset({Status.WAITING_FOR_CUSTOMER, Status.COMPLETED})


def tell_situation(draft: Draft) -> None:
    """Says it when it is not what it was."""
    before, at = draft.before, draft.context.at
    moved = before is None or _stands(before) != _stands(draft.request)
    if before is not None and not moved and _gone_by(before) == _gone_by(draft.request):
        return
    if moved or draft.request.standing_since is None:
        draft.change(standing_since=at)
    draft.change(situations=draft.request.situations + 1)
    draft.event(
        "request.situation_changed",
        n=draft.request.situations,
        at=time_text(at),
        by_id=_id(draft.person) if draft.account == draft.request.account else None,
        since=time_text(draft.request.standing_since),
        **_situation(draft.request),
    )


def _situation(request: Request) -> dict[str, Any]:
    above, link, core = request.above, request.link, request.core
    team, member = own_team(request)
    giver = link.handed_by if link is not None and link.turn is not Turn.WITH else None
    return {
        "status": request.status.value,
        "category": core.category.value,
        "impact": core.impact.value if core.impact else None,
        "service_instance_id": _id(request.service_instance),
        "about_id": _id(request.own_service_instance),
        "team_id": _id(request.team),
        "own_team_id": _id(team),
        "own_member_id": _id(member),
        "turn": link.turn.value if link is not None else None,
        "came_back": giver is not None and (team, member) == (giver.team, giver.member),
        "requested_by_id": _id(request.requested_by),
        "requested_for_id": _id(request.requested_for),
        "completion_reason": request.completion_reason.value if request.completion_reason else None,
        "customer_account": above.partner if above else None,
        "agreement": above.agreement if above else None,
        "provider_not_accountable": request.provider_not_accountable,
        "begun": request.status in BEGUN and not provider_holds(request),
        "handed_down": above is not None and provider_holds(request),
        "desired_completion_at": core_value(core.desired_completion_at),
        "downtime_start_at": core_value(core.downtime_start_at),
        "downtime_end_at": core_value(core.downtime_end_at),
        "waiting_since": time_text(request.waiting_since),
    }


def _gone_by(request: Request) -> dict[str, Any]:
    """Statuses that are told apart by nobody are one."""
    return {**_situation(request), "status": request.status in _TOLD_APART and request.status}


def _stands(request: Request) -> tuple[Any, ...]:
    """With whom it is, and whose turn it is. A question asked anew is another turn, of the same people."""
    if not request.live or request.status is Status.WAITING_FOR_CUSTOMER or provider_holds(request):
        return (request.live, request.status is Status.WAITING_FOR_CUSTOMER)
    link = request.link
    return (*own_team(request), link and link.turn, link and link.question)


def _id(ref: Ref | None) -> int | None:
    return None if ref is None else ref.id
