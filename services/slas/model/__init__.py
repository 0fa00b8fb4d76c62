"""The rules of services, service instances, offerings and agreements. Pure: the standard library only."""

from services.slas.model.announcement import Announcement, heard, to_tell, to_tell_of_flsa
from services.slas.model.coverage import (
    CHOSEN_BY_COVERAGE,
    COVERAGES,
    OF_GROUPS,
    Agreement,
    Asking,
    Group,
    NotCovered,
    Target,
    covers,
    permitted,
)
from services.slas.model.hierarchy import IMPACT_RELATIONS, ancestors, check_parents, find_cycle
from services.slas.model.rules import RuleBroken
from services.slas.model.status import (
    SLA_STATUSES,
    Term,
    check_dates,
    check_move,
    check_today,
    due_on,
    local_date,
    overlap,
    settled,
)

__all__ = [
    "CHOSEN_BY_COVERAGE",
    "COVERAGES",
    "IMPACT_RELATIONS",
    "OF_GROUPS",
    "SLA_STATUSES",
    "Agreement",
    "Announcement",
    "Asking",
    "Group",
    "NotCovered",
    "RuleBroken",
    "Target",
    "Term",
    "ancestors",
    "check_dates",
    "check_move",
    "check_parents",
    "check_today",
    "covers",
    "due_on",
    "find_cycle",
    "heard",
    "local_date",
    "overlap",
    "permitted",
    "settled",
    "to_tell",
    "to_tell_of_flsa",
]
