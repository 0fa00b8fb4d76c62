"""The clocks of affected SLAs: `clock` counts, `alarms` says whom to wake when."""

from services.slas.model.clocks.alarms import (
    AT_RISK,
    BREACHED,
    Alarm,
    Due,
    Raising,
    Timed,
    next_at,
    raising,
    upcoming,
)
from services.slas.model.clocks.clock import (
    HANDED_OVER,
    NOT_ACCOUNTABLE,
    REASONS,
    RESOLUTION,
    RESPONSE,
    WAITING_FOR_CUSTOMER,
    Allowed,
    Clock,
    Goal,
    Stop,
    Terms,
)

__all__ = [
    "AT_RISK",
    "BREACHED",
    "HANDED_OVER",
    "NOT_ACCOUNTABLE",
    "REASONS",
    "RESOLUTION",
    "RESPONSE",
    "WAITING_FOR_CUSTOMER",
    "Alarm",
    "Allowed",
    "Clock",
    "Due",
    "Goal",
    "Raising",
    "Stop",
    "Terms",
    "Timed",
    "next_at",
    "raising",
    "upcoming",
]
