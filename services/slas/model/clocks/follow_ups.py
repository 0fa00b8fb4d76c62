"""What is said to a customer who does not answer: reminders after so many business days, and in the end that
the request is completed.

All days are counted from the moment at which the request began to wait, in business days of the support
hours: the first reminder after one business day comes at the end of the next one. Each is due once in a wait,
and a new wait begins anew. After an outage only the latest reminder is said. One that was said late is
followed by the completion after as many business days as lie between the two: nobody's request is completed
before he was reminded, and had his time to answer.

Source: 4me-facts, section 1 (WaitingForCustomerFollowUp). How the completion is counted is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.slas.model.calendars import WorkingTime
from services.slas.model.rules import RuleBroken

LATE: Final = timedelta(hours=1)
"""What is said within it is said in time."""


@dataclass(frozen=True)
class FollowUp:
    """The business days after which the customer is reminded, in their order, and those after which the
    request is completed; None: it is not."""

    reminders: tuple[int, ...] = ()
    completes_after: int | None = None


@dataclass(frozen=True)
class Said:
    """How far the customer has been followed up: up to which rule (1, 2, …) in the wait that began then.
    `late_at`: when that was said, if it was late."""

    since: datetime
    rule: int
    late_at: datetime | None = None


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
    done = said if said is not None and said.since == since else Said(since, 0)
    for rule, count in enumerate(follow_up.reminders, start=1):
        at = hours.add_business_days(since, count) if rule > done.rule else None
        if at is not None:
            yield DueFollowUp(at, since, rule, False)
    last = len(follow_up.reminders) + 1
    at = _completes_at(follow_up, hours, done) if last > done.rule else None
    if at is not None:
        yield DueFollowUp(at, since, last, True)


def _completes_at(follow_up: FollowUp, hours: WorkingTime, said: Said) -> datetime | None:
    days = follow_up.completes_after
    if days is None:
        return None
    if said.late_at is None:
        return hours.add_business_days(said.since, days)
    return hours.add_business_days(said.late_at, days - follow_up.reminders[said.rule - 1])


def next_said(due: Sequence[DueFollowUp], now: datetime) -> tuple[DueFollowUp, Said]:
    """Which of those that are due (one at least, in their order) is said now, and what has been said then."""
    reminders = [each for each in due if not each.completes]
    chosen = reminders[-1] if reminders else due[-1]
    return chosen, Said(chosen.since, chosen.rule, now if now - chosen.at > LATE else None)


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
