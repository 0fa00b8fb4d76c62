"""The life of an agreement: what a person may set, and what its dates do by themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model import (
    SLA_STATUSES,
    RuleBroken,
    Term,
    check_dates,
    check_move,
    check_today,
    due_on,
    local_date,
    overlap,
    settled,
)

DAY = date(2026, 3, 10)
days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
terms = st.builds(
    Term,
    status=st.sampled_from(SLA_STATUSES),
    start_date=st.none() | days,
    expiry_date=st.none() | days,
)


def test_expired_cannot_be_set_by_hand() -> None:
    with pytest.raises(RuleBroken) as broken:
        check_move("active", "expired")
    assert broken.value.code == "illegal_move"
    assert "expiry_date" in broken.value.message


def test_an_agreement_the_customer_knows_cannot_become_unprepared() -> None:
    with pytest.raises(RuleBroken, match="legal: active"):
        check_move("scheduled_for_activation", "being_prepared")


def test_an_active_agreement_ends_by_its_date_only() -> None:
    with pytest.raises(RuleBroken, match="it ends by its expiry_date only"):
        check_move("active", "being_prepared")


@pytest.mark.parametrize("status", ["scheduled_for_activation", "active"])
def test_an_expired_agreement_can_be_renewed(status: str) -> None:
    check_move("expired", status)


def test_a_new_agreement_may_start_in_any_status_but_expired() -> None:
    for status in SLA_STATUSES:
        if status == "expired":
            with pytest.raises(RuleBroken):
                check_move(None, status)
        else:
            check_move(None, status)


def test_a_scheduled_agreement_needs_its_start_date() -> None:
    with pytest.raises(RuleBroken) as broken:
        check_dates(Term("scheduled_for_activation"))
    assert [field for field, _ in broken.value.errors] == ["start_date"]


def test_every_date_out_of_order_is_named_at_once() -> None:
    with pytest.raises(RuleBroken) as broken:
        check_dates(Term("active", start_date=DAY, notice_date=DAY, expiry_date=DAY - timedelta(days=1)))
    assert [field for field, _ in broken.value.errors] == ["expiry_date", "notice_date"]


def test_an_agreement_is_active_from_its_start_date() -> None:
    term = Term("scheduled_for_activation", start_date=DAY)
    assert settled(term, DAY - timedelta(days=1)) == "scheduled_for_activation"
    assert settled(term, DAY) == "active"


@pytest.mark.parametrize("status", ["active", "being_prepared", "scheduled_for_activation", "expired"])
def test_nobody_makes_an_agreement_active_before_it_starts(status: str) -> None:
    old, new = Term(status), Term("active", start_date=DAY)
    for before in (None, old):
        check_today(before, new, DAY)
        with pytest.raises(RuleBroken) as broken:
            check_today(before, new, DAY - timedelta(days=1))
        assert [field for field, _ in broken.value.errors] == ["start_date"]


def test_what_an_agreement_said_before_keeps_nobody_from_changing_the_rest() -> None:
    early = Term("active", start_date=DAY)
    check_today(early, Term("active", start_date=DAY, expiry_date=DAY), DAY - timedelta(days=1))
    over = Term("active", expiry_date=DAY)
    check_today(Term("active"), over, DAY + timedelta(days=1))  # so a person ends it
    with pytest.raises(RuleBroken) as broken:
        check_today(Term("expired", expiry_date=DAY), over, DAY + timedelta(days=1))
    assert broken.value.errors == [("expiry_date", "is over (2026-03-10): give a later one, or none")]


def test_an_agreement_holds_until_the_end_of_its_expiry_date() -> None:
    term = Term("active", expiry_date=DAY)
    assert settled(term, DAY) == "active"
    assert settled(term, DAY + timedelta(days=1)) == "expired"


def test_dates_never_touch_an_agreement_that_is_being_prepared() -> None:
    assert settled(Term("being_prepared", start_date=DAY, expiry_date=DAY), DAY + timedelta(days=9)) == (
        "being_prepared"
    )


def test_the_day_is_that_of_the_offerings_time_zone() -> None:
    late_evening_utc = datetime(2026, 3, 9, 23, 30, tzinfo=UTC)
    assert local_date(late_evening_utc, "Europe/Amsterdam") == DAY
    assert local_date(late_evening_utc, None) == date(2026, 3, 9)


@given(term=terms, today=days)
def test_what_the_dates_give_on_a_day_is_settled_for_that_day(term: Term, today: date) -> None:
    status = settled(term, today)
    again = settled(Term(status, term.start_date, None, term.expiry_date), today)
    assert again == status


@given(term=terms)
def test_nothing_moves_before_the_day_it_falls_due(term: Term) -> None:
    day = due_on(term)
    if day is None:
        assert settled(term, date.max) == term.status
    else:
        assert settled(term, day - timedelta(days=1)) == term.status
        assert settled(term, day) != term.status


@pytest.mark.parametrize(
    ("other", "both"),
    [
        (Term("active"), True),
        (Term("scheduled_for_activation", start_date=DAY), True),
        (Term("scheduled_for_activation", start_date=DAY + timedelta(days=1)), False),
        (Term("being_prepared"), False),
        (Term("expired"), False),
    ],
)
def test_agreements_overlap_when_both_may_be_active_on_one_day(other: Term, both: bool) -> None:
    assert overlap(Term("active", expiry_date=DAY), other) is both


@given(one=terms, other=terms, today=days)
def test_agreements_that_do_not_overlap_are_never_active_together(
    one: Term, other: Term, today: date
) -> None:
    assert overlap(one, other) == overlap(other, one)
    if not overlap(one, other):
        assert [settled(term, today) for term in (one, other)] != ["active", "active"]
