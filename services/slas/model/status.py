"""The life of an agreement: what a person may set, and what its dates do by themselves.

An SLA or FLSA is prepared, activated on its start date (and not before), and expired at the end of its
expiry date. `expired` cannot be set by hand: whoever wants to end an agreement gives it an expiry date. An
expired one may be renewed by a later (or no) expiry date. Once it is no longer being prepared its customer
knows of it, so it cannot become unprepared again.

Days are calendar days in the time zone of the SLA's service offering, or of the FLSA (UTC when there is
none): the provider's rule, the customer's copy follows the provider's word.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.slas.model.rules import RuleBroken

BEING_PREPARED = "being_prepared"
SCHEDULED = "scheduled_for_activation"
ACTIVE = "active"
EXPIRED = "expired"
SLA_STATUSES = (BEING_PREPARED, SCHEDULED, ACTIVE, EXPIRED)

# What a person may set, from where. Staying is always allowed; a new record comes from None.
BY_HAND: dict[str | None, frozenset[str]] = {
    None: frozenset({BEING_PREPARED, SCHEDULED, ACTIVE}),
    BEING_PREPARED: frozenset({SCHEDULED, ACTIVE}),
    SCHEDULED: frozenset({ACTIVE}),
    ACTIVE: frozenset(),
    EXPIRED: frozenset({SCHEDULED, ACTIVE}),
}

if set(BY_HAND) != {None, *SLA_STATUSES} or any(to - set(SLA_STATUSES) for to in BY_HAND.values()):
    raise AssertionError("BY_HAND names other statuses than SLA_STATUSES")


@dataclass(frozen=True)
class Term:
    """The part of an agreement that its status depends on."""

    status: str
    start_date: date | None = None
    notice_date: date | None = None
    expiry_date: date | None = None


def local_date(now: datetime, time_zone: str | None) -> date:
    """The calendar day of an aware instant in an IANA time zone (UTC when None)."""
    return now.astimezone(ZoneInfo(time_zone or "UTC")).date()


def check_dates(term: Term) -> None:
    """Raises RuleBroken when the dates are in no order, or a scheduled agreement has no start."""
    errors = []
    if term.start_date and term.expiry_date and term.start_date > term.expiry_date:
        errors.append(("expiry_date", f"must not be before start_date ({term.start_date.isoformat()})"))
    if term.notice_date and term.expiry_date and term.notice_date > term.expiry_date:
        errors.append(("notice_date", f"must not be after expiry_date ({term.expiry_date.isoformat()})"))
    if term.status == SCHEDULED and term.start_date is None:
        errors.append(("start_date", "must be set: a scheduled agreement becomes active on that day"))
    if errors:
        raise RuleBroken("validation_failed", errors)


def check_move(old: str | None, new: str) -> None:
    """Raises RuleBroken unless a person may set the status from `old` (None: a new SLA) to `new`."""
    if new == old or new in BY_HAND[old]:
        return
    if new == EXPIRED:
        text = 'cannot be set to "expired": set expiry_date, the agreement expires at the end of that day'
        raise RuleBroken("illegal_move", [("status", text)])
    legal = [status for status in SLA_STATUSES if status in BY_HAND[old]]
    text = f'cannot become "{new}" from "{old}"; ' + (
        "legal: " + ", ".join(legal) if legal else "it ends by its expiry_date only"
    )
    raise RuleBroken("illegal_move", [("status", text)])


def check_today(old: Term | None, new: Term, today: date) -> None:
    """Raises RuleBroken when what a person sets contradicts the day: a status that would expire at once, or
    an agreement that is active before it starts. `old` is None for a new one; what it said stays allowed.
    """
    if (old is None or old.status != new.status) and settled(new, today) == EXPIRED:
        text = f"is over ({new.expiry_date}): give a later one, or none"
        raise RuleBroken("validation_failed", [("expiry_date", text)])
    said = old is not None and (old.status, old.start_date) == (new.status, new.start_date)
    if new.status == ACTIVE and not said and new.start_date is not None and new.start_date > today:
        text = (
            f"is to come ({new.start_date}), but the agreement would be active now: give none or an earlier "
            f'one, or the status "{SCHEDULED}" before it is active'
        )
        raise RuleBroken("validation_failed", [("start_date", text)])


def settled(term: Term, today: date) -> str:
    """The status that the dates give on `today`."""
    if term.status in (SCHEDULED, ACTIVE) and term.expiry_date is not None and term.expiry_date < today:
        return EXPIRED
    if term.status == SCHEDULED and term.start_date is not None and term.start_date <= today:
        return ACTIVE
    return term.status


def overlap(one: Term, other: Term) -> bool:
    """Whether both agreements may be active on one day, as far as their status and dates say now."""
    spans = [_span(term) for term in (one, other)]
    if None in spans:
        return False
    (start, end), (other_start, other_end) = (span for span in spans if span is not None)
    return start <= other_end and other_start <= end


def _span(term: Term) -> tuple[date, date] | None:
    """The days on which an agreement is or will be active; None when none are known."""
    if term.status not in (SCHEDULED, ACTIVE):
        return None
    starts = term.start_date if term.status == SCHEDULED else None
    return starts or date.min, term.expiry_date or date.max


def due_on(term: Term) -> date | None:
    """The first day on which the dates move the status; None when none does."""
    days = []
    if term.status == SCHEDULED and term.start_date is not None:
        days.append(term.start_date)
    if term.status in (SCHEDULED, ACTIVE) and term.expiry_date is not None:
        days.append(term.expiry_date + timedelta(days=1))
    return min(days, default=None)
