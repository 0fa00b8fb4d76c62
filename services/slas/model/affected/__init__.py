"""Affected SLAs: what an account has promised of a request, and how far it has got with it.

What it promises
    A request affects every SLA of the account that covers whoever asked, of the service instance that the
    request is on and of those above it. From then on the affected SLA follows the request: each account's by
    what the request is *in that account*. So while a provider waits for its customer the provider's clock
    stands, and the customer's runs, because in the customer's account nobody waits.

    An account keeps the clocks of its own SLAs only. What a provider has promised is counted where the
    provider's terms, calendars and times are: in its own account.

    What was agreed when the impact was assigned holds: the terms are a snapshot, taken anew only when the
    level of the targets changes.

How
    `situation` is a request at a moment, as far as clocks depend on it; `affecting` says which SLAs it
    affects and who is accountable; `snapshot` takes the terms; `following` leads the affected SLAs of a
    request from one situation to the next; `next_target` says what the request itself shows, `measure` by
    which of them its time is measured.

Source: 4me-facts, section 1 (AffectedSla, `next_target_at`) and section 4 (SLA clock).
"""

from services.slas.model.affected.affecting import (
    ACCOUNTABILITIES,
    NOT_AFFECTED,
    PROVIDER,
    SUPPLIER,
    Promise,
    accountability,
    affected_by,
)
from services.slas.model.affected.following import Affected, followed
from services.slas.model.affected.measure import most_stringent
from services.slas.model.affected.next_target import (
    BEST_EFFORT,
    CLOCK_STOPPED,
    NO_TARGET,
    earliest_targets,
    next_target,
    next_target_of,
)
from services.slas.model.affected.situation import Situation
from services.slas.model.affected.snapshot import Snapshot, snapshot

__all__ = [
    "ACCOUNTABILITIES",
    "BEST_EFFORT",
    "CLOCK_STOPPED",
    "NOT_AFFECTED",
    "NO_TARGET",
    "PROVIDER",
    "SUPPLIER",
    "Affected",
    "Promise",
    "Situation",
    "Snapshot",
    "accountability",
    "affected_by",
    "earliest_targets",
    "followed",
    "most_stringent",
    "next_target",
    "next_target_of",
    "snapshot",
]
