"""A request at a moment, as its account sees it, as far as clocks depend on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

COMPLETED: Final = "completed"
WAITING: Final = "waiting_for_customer"


@dataclass(frozen=True)
class Situation:
    """The words are 4me's, the ids the account's own.

    at                   the moment from which on this holds: that of the account's own save
    service_instance_id  the one that the request is on, also a partner's
    about_id             the account's own one that it is about, also while a partner's stands on it
    above                all service instances above these two in the hierarchy
    agreement            the thread of the agreement under which another account handed it over; None for the
                         account's own requests
    begun                the account's own people work on it, and not just have it
    handed_down          another account handed it over, and a provider below has it now
    waiting_since        since when it has been waiting for the customer
    """

    at: datetime
    status: str
    category: str
    impact: str | None = None
    service_instance_id: int | None = None
    about_id: int | None = None
    above: frozenset[int] = frozenset()
    team_id: int | None = None
    completion_reason: str | None = None
    agreement: str | None = None
    begun: bool = False
    handed_down: bool = False
    provider_not_accountable: bool = False
    waiting_since: datetime | None = None
    desired_completion_at: datetime | None = None
    downtime_start_at: datetime | None = None
    downtime_end_at: datetime | None = None

    @property
    def live(self) -> bool:
        return self.status != COMPLETED

    @property
    def declined(self) -> bool:
        """What a provider says to the customer who handed the request over."""
        return not self.live and self.completion_reason == "declined" and self.agreement is not None

    @property
    def level(self) -> str | None:
        """Which targets of an offering apply (`offerings.LEVELS`); None: none of them."""
        if self.category == "incident":
            return self.impact
        return self.category if self.category in ("rfc", "rfi", "case") else None
