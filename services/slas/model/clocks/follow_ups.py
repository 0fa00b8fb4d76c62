"""What is said to a customer who does not answer: reminders after so many business days, and in the end that
the request is completed.

All days are counted from the moment at which the request began to wait, in business days of the support
hours: the first reminder after one business day comes at the end of the next one. Each is due once in a wait,
and a new wait begins anew. After an outage only the latest is told; where the completion is due, just that.

Source: 4me-facts, section 1 (WaitingForCustomerFollowUp). How the completion is counted is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.slas.model.calendars import WorkingTime
from services.slas.model.rules import RuleBroken


@dataclass(frozen=True)
class FollowUp:
    """The business days after which the customer is reminded, in their order, and those after which the
    request is completed; None: it is not."""

    reminders: tuple[int, ...] = ()
    completes_after: int | None = None


@dataclass(frozen=True)
class Said:
    """How far the customer has been followed up: up to which rule (1, 2, …) in the wait that began then."""

    since: datetime
    rule: int


@dataclass(frozen=True)
class DueFollowUp:
    """A rule and the moment it falls due. `completes`: the request is completed."""

    at: datetime
    since: datetime
    rule: int
    completes: bool


def follow_up_of(record: Mapping[str, Any] | None) -> FollowUp | None:
    """What a record asks for; None when that is nothing."""
    if record is None:
        return None
    reminders = tuple(sorted(each["nr_of_business_days"] for each in record["rules"]))
    completes_after = record["auto_complete_nr_of_business_days"] if record["auto_complete"] else None
    return FollowUp(reminders, completes_after) if reminders or completes_after is not None else None


def coming(
    follow_up: FollowUp | None, hours: WorkingTime, since: datetime | None, said: Said | None
) -> Iterator[DueFollowUp]:
    """What is still to be said in the wait that began at `since` (None: nobody waits), in its order."""
    if follow_up is None or since is None:
        return
    done = said.rule if said is not None and said.since == since else 0
    days = [(days, False) for days in follow_up.reminders]
    if follow_up.completes_after is not None:
        days.append((follow_up.completes_after, True))
    for rule, (count, completes) in enumerate(days, start=1):
        at = hours.add_business_days(since, count) if rule > done else None
        if at is not None:
            yield DueFollowUp(at, since, rule, completes)


def check_follow_up(record: Mapping[str, Any]) -> None:
    """Raises RuleBroken for days that are given twice, and for a completion without a day or before the last
    reminder."""
    given = [each["nr_of_business_days"] for each in record["rules"]]
    completes_after = record.get("auto_complete_nr_of_business_days")
    errors: list[tuple[str, str]] = []
    if len(set(given)) != len(given):
        errors.append(("rules", "has more than one rule for a number of business days"))
    if record["auto_complete"]:
        last = max(given, default=0)
        if completes_after is None:
            text = "must be given: after so many business days the request is completed"
            errors.append(("auto_complete_nr_of_business_days", text))
        elif completes_after <= last:
            text = f"must be more than the {last} business days of the last reminder"
            errors.append(("auto_complete_nr_of_business_days", text))
    if errors:
        raise RuleBroken("validation_failed", errors)
