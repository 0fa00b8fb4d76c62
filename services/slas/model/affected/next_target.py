"""What a request, or one of its affected SLAs, shows as its next target: a moment, or why there is none.

    completed                                       no_target
    a response is owed before what is desired       the response target
    a completion is desired                         that moment
    it waits for the customer                       clock_stopped, or best_effort if no SLA is affected
    else                                            the earliest resolution target; clock_stopped while none
                                                    has a moment because a clock stands; else best_effort

Beside it the request shows the earliest target of each goal, and of those resolutions that are for whoever
asked: until when he expects it. All of SLAs that are still affected.

Source: 4me-facts, section 1 (`next_target_at`) and section 4 (`requester_resolution_target_at`). That a clock
which stands for another reason than the customer is called so, too, is ours.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from services.slas.model.affected.affecting import NOT_AFFECTED
from services.slas.model.affected.following import Affected
from services.slas.model.affected.situation import WAITING, Situation
from services.slas.model.clocks import RESOLUTION, RESPONSE, WAITING_FOR_CUSTOMER, Goal

BEST_EFFORT: Final = "best_effort"
CLOCK_STOPPED: Final = "clock_stopped"
NO_TARGET: Final = "no_target"


def next_target(situation: Situation, affected: Collection[Affected]) -> datetime | str:
    """The most stringent of the request's affected SLAs."""
    waits = situation.status == WAITING
    return _next(situation.live, waits, situation.desired_completion_at, affected)


def next_target_of(affected: Affected) -> datetime | str:
    """That of one affected SLA."""
    waits = WAITING_FOR_CUSTOMER in affected.clock.reasons
    return _next(affected.ended_at is None, waits, affected.desired_completion_at, [affected])


def earliest_targets(affected: Collection[Affected]) -> dict[str, datetime | None]:
    """`{response_target_at, resolution_target_at, requester_resolution_target_at}` of a request."""
    held = [each for each in affected if each.accountability != NOT_AFFECTED]
    theirs = [each for each in held if each.for_requester]
    return {
        "response_target_at": _earliest(RESPONSE, held),
        "resolution_target_at": _earliest(RESOLUTION, held),
        "requester_resolution_target_at": _earliest(RESOLUTION, theirs),
    }


def _earliest(goal: Goal, held: Iterable[Affected]) -> datetime | None:
    targets = [each.target_at(goal) for each in held]
    return min((at for at in targets if at is not None), default=None)


def _next(
    live: bool, waits: bool, desired: datetime | None, affected: Collection[Affected]
) -> datetime | str:
    if not live:
        return NO_TARGET
    held = [each for each in affected if each.accountability != NOT_AFFECTED]
    response = _earliest(RESPONSE, (each for each in held if each.responded_at is None))
    if response is not None and (desired is None or response < desired):
        return response
    if desired is not None:
        return desired
    if waits:
        return CLOCK_STOPPED if held else BEST_EFFORT
    resolution = _earliest(RESOLUTION, held)
    if resolution is not None:
        return resolution
    return CLOCK_STOPPED if any(each.clock.stands for each in held) else BEST_EFFORT
