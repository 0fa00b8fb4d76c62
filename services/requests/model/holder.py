"""Whose turn it is, and what the account's own clock does: computed, never stored (handover.md rule 6)."""

from enum import StrEnum

from services.requests.model.request import Request
from services.requests.model.values import Clock, CompletionReason, Ref, Status, Turn


class Place(StrEnum):
    """Where a request stands in the move table: its status, but `with_provider` while the provider below
    holds it.
    """

    NEW = "new"
    WITH_PROVIDER = "with_provider"
    ON_BACKLOG = "on_backlog"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING_FOR = "waiting_for"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    RESERVATION_PENDING = "reservation_pending"
    WORKFLOW_PENDING = "workflow_pending"
    PROJECT_PENDING = "project_pending"
    COMPLETED = "completed"


def provider_holds(request: Request) -> bool:
    """Whether the provider below has the request; then its status, team and member are read-only here."""
    link = request.link
    return link is not None and link.turn is Turn.WITH


def place(request: Request) -> Place:
    return Place.WITH_PROVIDER if provider_holds(request) else Place(request.status)


def holder(request: Request) -> str:
    """The account whose turn it is, as this account sees it (of a chain it sees its neighbours only)."""
    link = request.link
    if link is not None and link.turn is Turn.WITH:
        return link.partner
    above = request.above
    if above is not None and not (above.open and request.working):
        return above.partner
    return request.account


def own_team(request: Request) -> tuple[Ref | None, Ref | None]:
    """The account's own (team, member) that is responsible now: while a provider holds, those that handed it
    over.
    """
    link = request.link
    if link is not None and link.turn is Turn.WITH:
        return link.handed_by.team, link.handed_by.member
    return request.team, request.member


def clock(request: Request) -> Clock:
    """The account's own service level clock.

    A customer's end-to-end clock keeps running while a provider has the request or has returned it. A
    provider's stops while it waits for the customer and while the account below holds (table 4, fifth
    column).
    """
    if not request.live:
        declined = request.completion_reason is CompletionReason.DECLINED
        return Clock.NOT_AFFECTED if declined and request.above else Clock.ENDED
    if provider_holds(request) and request.above:
        return Clock.STOPPED_BELOW
    if request.status is Status.WAITING_FOR_CUSTOMER:
        return Clock.STOPPED_WAITING
    return Clock.STOPPED_NOT_ACCOUNTABLE if request.provider_not_accountable else Clock.RUNNING
