"""Who had a request when, read off its history."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.requests.model import Held, HistoryEntry, Period, Status, Turn, periods
from tests.unit.requests.accounts import NETWORK, START, SUPPORT
from tests.unit.requests.stages import at

NOBODYS, OURS, THEIRS = (
    None,
    {"id": 2, "name": "Support"},
    {"id": 9, "name": "Hosting", "account": "gigatera"},
)
ANYTIME = st.integers(-5, 5_000).map(lambda minutes: START + timedelta(minutes=minutes))

changes: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from([status.value for status in Status]).map(lambda now: [None, now]),
        "team": st.sampled_from([None, OURS, THEIRS]).map(lambda now: [None, now]),
        "member": st.just([None, None]),
    },
)


def entry(n: int, minutes: int, **changed: Any) -> HistoryEntry:
    to: dict[str, list[Any]] = {name: [None, value] for name, value in changed.items()}
    return HistoryEntry(n, START + timedelta(minutes=minutes), "widget", None, "changed", changes=to)


def told(history: list[HistoryEntry], minutes: int = 600, **more: Any) -> list[Period]:
    return periods(history, "widget", more.pop("customer", None), START + timedelta(minutes=minutes), **more)


def spans(found: list[Period]) -> list[tuple[int, int, str | None]]:
    """(from, until, account), in minutes."""
    minute = timedelta(minutes=1)
    return [((p.since - START) // minute, (p.until - START) // minute, p.held.account) for p in found]


@st.composite
def histories(draw: st.DrawFn) -> list[HistoryEntry]:
    created = entry(1, 0, status="assigned", team=OURS)
    later = draw(st.lists(st.tuples(ANYTIME, changes), max_size=30))
    return [
        created,
        *(
            HistoryEntry(n, when, "widget", None, "changed", changes=c)
            for n, (when, c) in enumerate(later, 2)
        ),
    ]


@settings(deadline=None)
@given(histories(), ANYTIME, st.sampled_from([None, "wdc"]), st.booleans())
def test_periods_tile_the_time_from_the_creation_to_the_completion_or_now(
    history: list[HistoryEntry], now: datetime, customer: str | None, partners: bool
) -> None:
    found = periods(history, "widget", customer, now, partners=partners)
    statuses = [line for line in history if "status" in line.changes]
    completed = statuses[-1].changes["status"][1] == "completed"
    for one, next_ in pairwise(found):
        assert one.until == next_.since
        assert one.held != next_.held
        assert not one.goes_on
    assert all(each.since < each.until for each in found[:-1])
    if not completed:
        assert found[0].since == START
        assert (found[-1].goes_on, found[-1].until) == (True, max(now, found[-1].since))
    elif found:
        assert found[0].since == START
        assert not found[-1].goes_on
    assert sum((each.until - each.since for each in found), timedelta()) == (
        found[-1].until - START if found else timedelta()
    )


@settings(deadline=None)
@given(histories(), st.integers(0, 30), st.sampled_from([None, "wdc"]))
def test_what_changes_nobody_cuts_nothing(
    history: list[HistoryEntry], place: int, customer: str | None
) -> None:
    now = START + timedelta(days=9)
    before = history[: place % len(history) + 1]
    note = HistoryEntry(99, before[-1].at, "widget", None, "noted", changes={"subject": ["a", "b"]})
    with_note = [*before, note, *history[len(before) :]]
    assert periods(with_note, "widget", customer, now) == periods(history, "widget", customer, now)


@settings(deadline=None)
@given(histories(), st.sampled_from([None, "wdc"]))
def test_a_requester_is_told_of_no_partner(history: list[HistoryEntry], customer: str | None) -> None:
    now = START + timedelta(days=9)
    assert {each.held.account for each in periods(history, "widget", customer, now, partners=False)} <= {
        "widget",
        None,
    }
    assert 9 not in {each.held.team_id for each in periods(history, "widget", customer, now, partners=False)}


def test_the_providers_share_is_from_the_hand_over_until_it_is_back() -> None:
    history = [
        entry(1, 0, status="assigned", team=OURS),
        entry(2, 30, team=THEIRS),
        entry(3, 50, status="in_progress"),
        entry(4, 230, status="assigned", team=OURS),
        entry(5, 480, status="completed"),
    ]
    assert spans(told(history)) == [
        (0, 30, "widget"),
        (30, 50, "gigatera"),
        (50, 230, "gigatera"),
        (230, 480, "widget"),
    ]
    assert [each.n for each in told(history)] == [1, 2, 3, 4]
    assert spans(told(history, partners=False)) == [
        (0, 30, "widget"),
        (30, 50, "widget"),
        (50, 230, "widget"),
        (230, 480, "widget"),
    ]


def test_while_a_provider_waits_or_is_done_the_customer_has_it() -> None:
    history = [
        entry(1, 0, status="assigned", team=OURS),
        entry(2, 10, status="waiting_for_customer"),
        entry(3, 40, status="assigned"),
        entry(4, 60, status="completed"),
        entry(5, 90, status="assigned"),
    ]
    expected = [(0, 10, "widget"), (10, 40, "wdc"), (40, 60, "widget"), (60, 90, "wdc"), (90, 600, "widget")]
    assert spans(told(history, customer="wdc")) == expected
    nobody = told(history)[3].held
    assert (nobody.account, nobody.team_id) == (None, None)
    assert told(history)[1].held == Held("widget", 2, "waiting_for_customer")


def test_what_took_no_time_and_what_is_said_to_be_earlier_is_no_period() -> None:
    history = [
        entry(1, 0, status="assigned", team=OURS),
        entry(2, 20, team=THEIRS),
        entry(3, 10, team=OURS),
        entry(4, 30, status="accepted"),
    ]
    assert spans(told(history)) == [(0, 30, "widget"), (30, 600, "widget")]
    assert spans(told(history[:1], 0)) == [(0, 0, "widget")]


@pytest.mark.parametrize(
    ("turn", "account", "team"),
    [
        (Turn.WITH, "gigatera", None),
        (Turn.ASKED, "widget", NETWORK.id),
        (Turn.RETURNED, "widget", NETWORK.id),
        (Turn.REFUSED, "widget", NETWORK.id),
    ],
)
def test_the_customer_counts_the_providers_time_by_whose_turn_it_is(
    turn: Turn, account: str, team: int | None
) -> None:
    federation = at(turn)
    ours = federation["widget"].periods(federation.request("widget"))
    assert ours[-1].held.account == account
    assert "gigatera" in [each.held.account for each in ours]
    assert team in (None, ours[-1].held.team_id)


def test_what_lies_below_a_provider_is_that_providers_time() -> None:
    federation = at(Turn.WITH)
    federation.give("gigatera", "globalnet")
    federation.settle()
    held = [each.held.account for each in federation["widget"].periods(federation.request("widget"))]
    assert set(held) == {"widget", "gigatera"}
    middle = [each.held.account for each in federation["gigatera"].periods(federation.request("gigatera"))]
    assert middle[-1] == "globalnet"
    (first, *_) = federation["gigatera"].periods(federation.request("gigatera"))
    assert first.held == Held("gigatera", SUPPORT.id, "assigned")


def test_what_is_completed_anew_was_completed_in_between() -> None:
    completed = {"status": "completed", "completed_at": "…"}
    history = [entry(1, 0, status="assigned", team=OURS), entry(2, 10, **completed)]
    again = [*history, entry(3, 30, completed_at="…"), entry(4, 40, member=None)]
    assert spans(told(history, customer="wdc")) == [(0, 10, "widget")]
    assert spans(told(again, customer="wdc")) == [(0, 10, "widget"), (10, 30, "wdc")]
