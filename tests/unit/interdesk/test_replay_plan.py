"""Plans of a log's cases: every event is played, every step is legal, and what accounts must show is
foretold."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interdesk.replay.chain import SUPPORT, Link, Shown
from interdesk.replay.log import IMPACTS, Case, Event, read_cases
from interdesk.replay.plan import holding_of, plan
from interdesk.replay.shapes import covering, traits
from interdesk.replay.steps import Move, Plan, edges
from tests.replay.small_log import COUNTRIES, LINES, SMALL_LOG, STATUSES
from tests.unit.interdesk.handover_tables import check

REAL_LOG = os.environ.get("INTERDESK_INCIDENT_LOG")
LOG = Path(REAL_LOG) if REAL_LOG else SMALL_LOG
SHOWN_STATUS = {
    "In Progress": "in_progress",
    "Assigned": "accepted",
    "Awaiting Assignment": "assigned",
    "Wait": "waiting_for",
    "Wait - Vendor": "waiting_for",
    "Wait - Implementation": "waiting_for",
    "Wait - User": "waiting_for_customer",
    "Wait - Customer": "waiting_for_customer",
    "Resolved": "completed",
    "Closed": "completed",
    "In Call": "completed",
}


def told(words: str) -> Case:
    """A case from words such as `Np Eq`: line N in progress, then queued at line E."""
    events = [
        Event(
            line=number,
            seconds=number,
            status=STATUSES[word[1]][0],
            substatus=STATUSES[word[1]][1],
            organization=word[0],
            function="",
            team=f"{word[0]}{word[2:] or '1'}",
            impact="Medium",
            product="0",
            team_country="0",
            owner_country="Chile",
        )
        for number, word in enumerate(words.split(), start=2)
    ]
    return Case("X-1", tuple(events))


def moves(found: Plan) -> list[str]:
    """The steps but for plain work, such as `N/E complete` and, when implied, `(N complete)`."""
    return [
        f"({text})" if step.implied else text
        for step in found.steps
        if step.move not in (Move.REGISTER, Move.WORK)
        for text in ["/".join(step.path) + f" {step.move}"]
    ]


def check_events_are_played(found: Plan) -> None:
    """After the steps of an event, a copy of its line shows what the event says."""
    played = {step.line for step in found.steps} | set(found.unchanged)
    assert played == {event.line for event in found.case.events}
    closing = found.case.events[-1].line
    for event in found.case.events:
        steps = [step for step in found.steps if step.line <= event.line]
        if event.line == closing:
            assert all(shown.status == "completed" for shown in found.ends.values())
            continue
        if event.substatus in SHOWN_STATUS:
            assert any(
                path[-1] == event.organization and _as_told(event, shown)
                for path, shown in steps[-1].shows.items()
            ), f"line {event.line}"


def _as_told(event: Event, shown: Shown) -> bool:
    if shown.status != SHOWN_STATUS[event.substatus]:
        return False
    return event.status == "Completed" or shown.holding == holding_of(event)


@pytest.fixture(scope="module")
def plans() -> list[Plan]:
    return [plan(case) for case in read_cases(LOG)]


def test_every_event_of_the_log_is_played_or_changes_nothing(plans: list[Plan]) -> None:
    for found in plans:
        check_events_are_played(found)


def test_every_plan_of_the_log_is_legal(plans: list[Plan]) -> None:
    for found in plans:
        check(found)


def test_implied_steps_are_told_apart_from_recorded_ones(plans: list[Plan]) -> None:
    """A line of the log asks for at most one push, one question or one completion of its own."""
    for found in plans:
        for _, steps in itertools.groupby(found.steps, key=lambda step: step.line):
            recorded = [step.move for step in steps if not step.implied]
            for move in set(recorded) - {Move.COMPLETE}:
                assert recorded.count(move) == 1
            assert recorded.count(Move.COMPLETE) <= 2  # the push back, and the completion where it went


@pytest.mark.skipif(REAL_LOG is None, reason="the real log is not here (INTERDESK_INCIDENT_LOG)")
def test_the_real_log_is_planned_whole(plans: list[Plan]) -> None:
    crossing = [found for found in plans if found.case.crosses_lines]
    assert (len(plans), len(crossing)) == (4721, 1276)
    assert sum(len(found.case.events) for found in plans) == 36099
    assert all(found.edges for found in crossing)
    assert not any(found.edges for found in plans if not found.case.crosses_lines)


@pytest.mark.skipif(REAL_LOG is None, reason="the real log is not here (INTERDESK_INCIDENT_LOG)")
def test_the_small_log_has_every_trait_of_the_real_one(plans: list[Plan]) -> None:
    small = frozenset[str]().union(*(traits(plan(case)) for case in read_cases(SMALL_LOG)))
    assert frozenset[str]().union(*map(traits, plans)) - small == set()


def test_a_covering_choice_shows_every_trait_and_keeps_the_order(plans: list[Plan]) -> None:
    crossing = [found for found in plans if found.case.crosses_lines]
    chosen = covering(crossing, 60)
    assert len(chosen) == min(60, len(crossing))
    assert frozenset[str]().union(*map(traits, chosen)) == frozenset[str]().union(*map(traits, crossing))
    positions = [crossing.index(found) for found in chosen]
    assert positions == sorted(positions)


@st.composite
def told_cases(draw: st.DrawFn) -> Case:
    """Any case that the form of the log allows, however unlikely."""
    told_events = draw(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(LINES)),
                st.sampled_from(sorted(STATUSES)),
                st.sampled_from("12"),
                st.sampled_from(IMPACTS),
                st.sampled_from(COUNTRIES[:2]),
            ),
            min_size=1,
            max_size=14,
        )
    )
    events = [
        Event(number, number, *STATUSES[status], line, "", team, impact, "0", "0", country)
        for number, (line, status, team, impact, country) in enumerate(told_events, start=2)
    ]
    return Case("X-1", tuple(events))


@given(told_cases())
def test_any_log_makes_a_legal_plan_that_plays_it_all(case: Case) -> None:
    found = plan(case)
    check(found)
    check_events_are_played(found)


def test_a_push_to_another_line_is_a_hand_over_and_resolved_comes_back() -> None:
    found = plan(told("Np Eq Ep Er"))
    assert moves(found) == ["N hand over", "N/E complete", "(N complete)"]
    assert found.edges == {("N", "E")}
    assert edges([found]) == {("N", "E")}


def test_a_hand_over_arrives_at_the_service_desk_and_goes_on_to_the_team_of_the_log() -> None:
    found = plan(told("Np Eq"))
    handed_over = next(step for step in found.steps if step.move is Move.HAND_OVER)
    arrived = handed_over.shows["N", "E"].holding
    assert arrived is not None
    assert (arrived.team, arrived.member) == (SUPPORT, None)
    assert found.steps[2].shows["N", "E"].holding == holding_of(found.case.events[1])


def test_a_push_up_the_chain_is_a_return_to_the_team_and_member_that_handed_it_over() -> None:
    found = plan(told("Np2 Eq Ep Nq Nr"))
    assert moves(found) == ["N hand over", "N/E complete", "N complete"]
    returned = next(step for step in found.steps if step.path == ("N", "E") and step.move is Move.COMPLETE)
    customer = returned.shows["N",]
    assert (customer.status, customer.link) == ("assigned", Link.RETURNED)
    assert customer.holding == holding_of(found.case.events[0])


def test_a_push_back_that_nobody_took_up_is_a_decline_through_the_own_teams() -> None:
    found = plan(told("Np Eq Nq Nr"))
    assert moves(found) == ["N hand over", "(N/E decline)", "N/E decline", "N complete"]
    assert found.ends["N", "E"].completion_reason == "declined"


def test_three_accounts_unwind_hop_by_hop_and_the_second_hop_is_implied() -> None:
    found = plan(told("Np Eq Ep Sq Sp Nq Np Nr"))
    assert moves(found) == [
        "N hand over",
        "N/E hand over",
        "N/E/S complete",
        "(N/E complete)",
        "N complete",
    ]


def test_a_question_is_passed_on_up_and_answered_down() -> None:
    found = plan(told("Np Eq Ep Sq Sp Su Sp Sr"))
    assert moves(found)[2:6] == [
        "N/E/S wait for the customer",
        "(N/E wait for the customer)",
        "(N answer)",
        "(N/E answer)",
    ]


def test_a_line_that_waits_may_be_left_by_a_return() -> None:
    assert moves(plan(told("Np Eq Ep Ec Nq Nr"))) == [
        "N hand over",
        "N/E wait for the customer",
        "N/E complete",
        "N complete",
    ]


def test_a_hand_over_after_a_return_rejects_the_solution_and_after_a_decline_hands_over_again() -> None:
    returned = plan(told("Np Eq Ep Nq Eq Ep Er"))
    assert "N reject the solution" in moves(returned)
    declined = plan(told("Np Eq Nq Eq Ep Er"))
    assert moves(declined).count("N hand over") == 2
    assert [step.again for step in declined.steps if step.move is Move.HAND_OVER] == [False, True]


def test_after_resolved_a_queue_is_a_rejection_and_work_takes_it_up_again() -> None:
    assert moves(plan(told("Np Eq Ep Er Eq Er")))[2] == "(N reject the solution)"
    assert moves(plan(told("Np Eq Ep Er Ep Er"))) == [
        "N hand over",
        "N/E complete",
        "N/E complete",
        "(N complete)",
    ]


def test_a_resolved_case_is_passed_on_by_the_customer() -> None:
    found = plan(told("Np Eq Ep Er Sq Sp Sr"))
    assert moves(found) == ["N hand over", "N/E complete", "N hand over", "N/S complete", "(N complete)"]
    assert set(found.ends) == {("N",), ("N", "E"), ("N", "S")}


def test_closed_is_accepted_by_all_and_what_follows_opens_it_again() -> None:
    assert moves(plan(told("Np Eq Ep El Ep Er"))) == [
        "N hand over",
        "N/E complete",
        "(N complete)",
        "(N hand over)",
        "N/E complete",
        "(N complete)",
    ]


def test_a_case_that_ends_with_nobody_at_work_is_closed_by_the_origin_alone() -> None:
    waiting, queued = plan(told("Np Eq Ep Eu")), plan(told("Np Eq"))
    assert moves(waiting)[-1] == moves(queued)[-1] == "(N close alone)"
    assert waiting.ends["N",].completion_reason == "no_reply"
    assert waiting.ends["N", "E"].completion_reason == "withdrawn"
    assert queued.ends["N",].completion_reason == "withdrawn"
