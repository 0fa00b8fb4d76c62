"""The customer's own view follows the provider's last word: handover.md, table 3, last column."""

from services.requests.model.request import Below
from services.requests.model.step import Draft
from services.requests.model.values import Status, Turn


def show(draft: Draft, link: Below) -> None:
    """Derives status, team and member from the link: the provider's while it holds, else the team that handed
    over.
    """
    if link.turn is Turn.WITH:
        status = link.stated if link.stated is not Status.WAITING_FOR_CUSTOMER else Status.ASSIGNED
        if draft.request.status is Status.WAITING_FOR_CUSTOMER and draft.request.above is not None:
            # Rule 7: a provider that goes on below takes our standing question to our own customer back.
            draft.change_above(question=None)
        draft.change(
            status=status,
            team=link.stated_team or link.team,
            member=link.stated_member,
            trail=(*draft.request.trail[: link.depth], link.handed_by),
        )
    else:
        come_back(draft, link)


def come_back(draft: Draft, link: Below) -> None:
    """`assigned` to the team and member that handed it over, unless this account itself waits for its own
    customer.
    """
    request = draft.request
    if request.above is not None and request.status is Status.WAITING_FOR_CUSTOMER:
        return
    draft.change(
        status=Status.ASSIGNED,
        team=link.handed_by.team,
        member=link.handed_by.member,
        waiting_until=None,
        trail=request.trail[: link.depth],
    )
