"""What a request, or one of its affected SLAs, shows as its next target: a moment, or why there is none.

    completed                                       no_target
    a response is owed before what is desired       the response target
    a completion is desired                         that moment
    it waits for the customer                       clock_stopped, or best_effort if no SLA is affected
    else                                            the earliest resolution target; clock_stopped while none
                                                    has a moment because a clock stands; else best_effort

Source: 4me-facts, section 1 (`next_target_at`). That a clock which stands for another reason than the
customer is called so, too, is ours.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from services.slas.model.affected.affecting import NOT_AFFECTED
from services.slas.model.affected.following import Affected
from services.slas.model.affected.situation import WAITING, Situation
from services.slas.model.clocks import RESOLUTION, RESPONSE, WAITING_FOR_CUSTOMER

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


def _next(
    live: bool, waits: bool, desired: datetime | None, affected: Collection[Affected]
) -> datetime | str:
    if not live:
        return NO_TARGET
    held = [each for each in affected if each.accountability != NOT_AFFECTED]
    owed = [each.target_at(RESPONSE) for each in held if each.responded_at is None]
    response = min((at for at in owed if at is not None), default=None)
    if response is not None and (desired is None or response < desired):
        return response
    if desired is not None:
        return desired
    if waits:
        return CLOCK_STOPPED if held else BEST_EFFORT
    resolutions = [each.target_at(RESOLUTION) for each in held]
    resolution = min((at for at in resolutions if at is not None), default=None)
    if resolution is not None:
        return resolution
    return CLOCK_STOPPED if any(each.clock.stands for each in held) else BEST_EFFORT
