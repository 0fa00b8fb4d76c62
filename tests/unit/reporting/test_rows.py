"""Projections: whatever comes twice, late or in another order, the rows are the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.model import rows
from services.reporting.model.holding import accounts, periods, with_mark

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
Document = dict[str, Any]


def mark(
    n: int, minute: float, account: str = "widget", team: int | None = 1, status: str = "assigned"
) -> Document:
    at = T0 + timedelta(minutes=minute)
    completed = at if status == "completed" else None
    return {
        "n": n,
        "at": at,
        "account": account,
        "team_id": team,
        "status": status,
        "completed_at": completed,
    }


def said(version: int, minute: float, told: Document | None, **record: Any) -> Document:
    completed = told and told["completed_at"]
    known = {"created_at": T0, "completed_at": completed, "reopen_count": 0, "category": "incident", **record}
    at = T0 + timedelta(minutes=minute)
    return {"id": 7, "version": version, "at": at, "record": known, "mark": told, "notes": []}


STORY = [
    said(1, 0, mark(1, 0)),
    said(2, 5, None, category="rfc"),
    said(3, 10, mark(2, 10, "gigatera", 9)),
    said(5, 40, mark(4, 40)),
    said(6, 50, mark(6, 50, "gigatera", 9)),
    said(9, 70, mark(8, 70), reopen_count=1),
    said(10, 90, mark(9, 90, status="completed"), reopen_count=1),
]


def applied(events: list[Document]) -> Document:
    row: Document = {"_id": 7}
    for event in events:
        row = rows.apply(row, event, "widget")
    return row


@given(st.lists(st.sampled_from(range(len(STORY))), max_size=20), st.randoms(use_true_random=False))
def test_any_order_and_any_doubles_make_the_same_row(more: list[int], random: Any) -> None:
    events = [*STORY, *(STORY[n] for n in more)]
    random.shuffle(events)
    assert applied(events) == applied(STORY)


def whole(n: int) -> Document:
    """All that was said up to the nth event."""
    told = [event["mark"] for event in STORY[: n + 1] if event["mark"] is not None]
    return {**STORY[n], "n": told[-1]["n"], "marks": told}


@given(
    st.lists(st.sampled_from(range(len(STORY))), max_size=12),
    st.sampled_from(range(len(STORY))),
    st.lists(st.sampled_from(range(len(STORY))), max_size=12),
)
def test_all_that_was_said_and_what_was_said_since_make_the_same_row_again(
    before: list[int], told: int, after: list[int]
) -> None:
    row = rows.whole(applied([STORY[n] for n in before]), whole(told), "widget")
    since = range(max([told, *before]) + 1, len(STORY))
    missing = [n for n in range(told + 1, len(STORY)) if n not in before]
    for n in (*after, *missing, *since, *after):
        row = rows.apply(row, STORY[n], "widget")
    assert row == applied(STORY)


@given(st.sampled_from(range(len(STORY))))
def test_what_a_row_says_wrongly_is_dropped(told: int) -> None:
    row = {**applied(STORY[: told + 1]), "category": "rfc", "reach": "moon", "odd": 1, "revision": 7}
    row["marks"] = [mark(1, 3, team=8), mark(77, 4)]
    made = rows.whole(row, whole(told), "widget")
    assert made == {**applied(STORY[: told + 1]), "revision": 7}


def test_a_request_is_measured_by_who_had_it() -> None:
    row = applied(STORY)
    assert (row["returned"], row["ping_pong"], row["reopened"]) == (1, 1, 1)
    assert (row["minutes"], row["reach"], row["holder"]) == (90, rows.CROSSED, None)
    assert "open" not in row


def test_an_open_request_says_who_has_it() -> None:
    row = applied(STORY[:3])
    assert (row["open"], row["holder"], row["minutes"], row["ping_pong"]) == (True, "gigatera", None, 0)


def test_a_request_that_is_taken_up_again_is_open_again() -> None:
    again = said(11, 100, mark(10, 100), reopen_count=1)
    assert applied([*STORY, again])["open"] is True
    assert applied([again, *STORY])["open"] is True


def test_how_far_a_request_went() -> None:
    kept = [said(1, 0, mark(1, 0)), said(2, 5, mark(2, 5, status="in_progress"))]
    assert applied(kept)["reach"] == rows.FIRST_TEAM
    assert applied([*kept, said(3, 6, mark(3, 6, team=2))])["reach"] == rows.ACCOUNT


def test_periods_are_cut_at_each_mark_and_the_last_goes_on() -> None:
    found = periods([mark(1, 0), mark(2, 10, "gigatera", 9), mark(3, 40.5)])
    assert [(each["account"], each["minutes"], each["passed"]) for each in found] == [
        ("widget", 10, 0),
        ("gigatera", 30, 1),
        ("widget", None, 1),
    ]
    assert accounts(found) == ["widget", "gigatera", "widget"]


def test_what_took_no_time_is_left_out() -> None:
    found = periods([mark(1, 0), mark(2, 10, "gigatera"), mark(3, 10), mark(4, 12, team=2)])
    assert [(each["account"], each["status"], each["minutes"]) for each in found] == [
        ("widget", "assigned", 12),
        ("widget", "assigned", None),
    ]


def test_a_completed_request_is_held_by_nobody_until_it_is_taken_up_again() -> None:
    ended = [mark(1, 0), mark(2, 10, status="completed", team=None)]
    assert [each["minutes"] for each in periods(ended)] == [10]
    assert [each["status"] for each in periods([*ended, mark(3, 30)])] == [
        "assigned",
        "completed",
        "assigned",
    ]


def test_a_mark_is_kept_once() -> None:
    assert with_mark([mark(1, 0), mark(3, 9)], mark(2, 5)) == [mark(1, 0), mark(2, 5), mark(3, 9)]
    assert with_mark([mark(1, 0)], mark(1, 0)) == [mark(1, 0)]


def affected(**record: Any) -> Document:
    known = dict.fromkeys(
        ("responded_at", "resolved_at", "response_target_at", "resolution_target_at"), None
    ) | {"actual_response_duration": None, "actual_resolution_duration": None}
    return rows.affected_sla({"id": 3, "version": 1, "record": {**known, **record}})


def test_a_target_is_met_or_missed_when_it_is_decided_and_not_before() -> None:
    late, due = T0 + timedelta(minutes=1), T0
    open_ = affected(response_target_at=due)
    assert (open_["response_decided"], open_["response_met"]) == (0, 0)
    met = affected(response_target_at=due, responded_at=due, actual_response_duration=0)
    assert (met["response_decided"], met["response_met"], met["response_minutes"]) == (1, 1, 0)
    missed = affected(response_target_at=due, responded_at=late)
    assert (missed["response_decided"], missed["response_met"]) == (1, 0)
    none_promised = affected(responded_at=late)
    assert (none_promised["response_decided"], none_promised["response_met"]) == (0, 0)
