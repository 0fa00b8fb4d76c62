"""Who is told what of a request, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications.model import (
    Alarm,
    Entry,
    FollowUp,
    Reason,
    Situation,
    To,
    Told,
    alarmed,
    followed,
    newer,
    not_affected,
    reminded,
    responded,
    reviewed,
    standing,
)

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ANN, BOB, EVE, MIA = 1, 2, 5, 9
DESK, HOSTING = 11, 12


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def anybody(entry: Entry) -> bool:
    return True


def situation(n: int = 1, status: str = "assigned", since: int | None = None, **fields: object) -> Situation:
    """Eve's request, with the service desk, `n` minutes after nine."""
    usual: dict[str, object] = {"team_id": DESK, "requester_ids": frozenset({EVE}), **fields}
    return Situation(n, at(n), at(n if since is None else since), status, **usual)  # type: ignore[arg-type]


def told(*situations: Situation) -> Told:
    after = Told()
    for each in situations:
        after = followed(after, each, anybody)
    return after


def brought(after: Told) -> set[tuple[str, int | None, int | None]]:
    return {(entry.reason.value, entry.to.person_id, entry.to.team_id) for entry in after.open}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {("assigned", None, DESK)}),
        ({"member_id": ANN}, {("assigned", ANN, None)}),
        ({"status": "waiting_for", "member_id": ANN}, {("assigned", ANN, None)}),
        ({"team_id": None}, set()),
        ({"status": "completed", "member_id": ANN}, set()),
        ({"status": "waiting_for_customer", "member_id": ANN}, {("waiting_on_me", EVE, None)}),
        ({"status": "waiting_for_customer", "requester_ids": frozenset()}, set()),
        ({"turn": "with", "member_id": ANN}, set()),
        ({"turn": "asked", "member_id": ANN, "came_back": True}, {("waiting_on_me", ANN, None)}),
        ({"turn": "asked", "came_back": True}, {("waiting_on_me", None, DESK)}),
        ({"turn": "asked", "member_id": BOB}, {("waiting_on_me", BOB, None)}),
        ({"turn": "returned", "member_id": ANN, "came_back": True}, {("returned", ANN, None)}),
        ({"turn": "refused", "came_back": True}, {("returned", None, DESK)}),
        ({"turn": "returned", "member_id": BOB}, {("assigned", BOB, None)}),
        ({"turn": "ended", "member_id": ANN}, {("assigned", ANN, None)}),
    ],
)
def test_a_request_is_brought_to_whose_turn_it_is(
    fields: dict[str, object], expected: set[tuple[str, int | None, int | None]]
) -> None:
    assert brought(told(situation(**fields))) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("turn", [None, "with", "asked", "returned", "refused"])
@pytest.mark.parametrize("status", ["assigned", "in_progress", "completed"])
def test_a_requester_hears_nothing_of_what_a_provider_does(turn: str | None, status: str) -> None:
    for came_back in (False, True):
        entries = standing(situation(status=status, turn=turn, came_back=came_back, member_id=ANN))
        assert EVE not in {entry.to.person_id for entry in entries}


def test_whom_nothing_may_be_told_has_no_entry_and_loses_what_he_has() -> None:
    before = told(situation(member_id=ANN))
    after = followed(before, situation(2, "accepted", since=1, member_id=ANN), lambda entry: False)
    assert (brought(before), brought(after)) == ({("assigned", ANN, None)}, set())


def test_an_entry_is_over_when_the_request_goes_elsewhere_and_comes_anew_with_it() -> None:
    first = told(situation(member_id=ANN))
    elsewhere = followed(first, situation(2, member_id=BOB), anybody)
    again = followed(elsewhere, situation(3, member_id=ANN), anybody)
    assert brought(elsewhere) == {("assigned", BOB, None)}
    assert brought(again) == brought(first)
    assert again.open != first.open


def test_what_does_not_move_the_request_leaves_the_entry_as_it_is() -> None:
    first = told(situation(member_id=ANN))
    assert followed(first, situation(2, "in_progress", since=1, member_id=ANN), anybody).open == first.open


def test_what_is_heard_late_or_again_changes_nothing() -> None:
    situations = [situation(member_id=ANN), situation(2, "waiting_for_customer"), situation(3, member_id=ANN)]
    after = told(*situations)
    for each in situations:
        assert followed(after, each, anybody) == after


def test_the_return_that_was_not_heard_of_in_between_makes_a_new_entry() -> None:
    def back(n: int) -> Situation:
        return situation(n, turn="returned", came_back=True, member_id=ANN)

    after = told(back(3), back(5))
    assert {entry.at for entry in after.open} == {at(5)}


def test_a_request_that_was_restored_begins_anew() -> None:
    known = situation(70, member_id=ANN)
    restored = replace(situation(3, member_id=BOB), at=at(500), since=at(500))
    assert newer(restored, known)
    assert not newer(known, restored)
    assert brought(told(known, restored)) == {("assigned", BOB, None)}


def test_of_two_saves_at_one_moment_the_number_decides_whatever_the_clocks_say() -> None:
    fifth, fourth = replace(situation(5), at=at(0)), replace(situation(4), at=at(0) + timedelta(seconds=5))
    assert newer(fifth, fourth)
    assert not newer(fourth, fifth)


MOVES = st.lists(
    st.sampled_from(
        [
            {"member_id": ANN},
            {"member_id": BOB},
            {},
            {"status": "waiting_for_customer"},
            {"turn": "with"},
            {"turn": "returned", "came_back": True, "member_id": ANN},
            {"status": "completed"},
        ]
    ),
    min_size=1,
    max_size=7,
)


@settings(deadline=None)
@given(MOVES, st.data())
def test_what_is_open_follows_from_the_newest_situation_in_whatever_order_all_are_heard(
    moves: Sequence[dict[str, object]], data: st.DataObject
) -> None:
    said = [situation(n, **fields) for n, fields in enumerate(moves, start=1)]  # type: ignore[arg-type]
    heard = data.draw(st.permutations([*said, *said]))
    assert told(*heard) == told(*said)
    assert told(*said).open == standing(said[-1])


# -- what falls due ------------------------------------------------------------------------------------------


def alarm(percent: int = 50, goal: str = "resolution", id: int = 17, **fields: object) -> Alarm:
    usual: dict[str, object] = {"people": frozenset({MIA}), "assignee": True, **fields}
    return Alarm(id, 3, goal, percent, at(percent), percent == 100, **usual)  # type: ignore[arg-type]


def alarms(after: Told) -> set[tuple[str, int | None, int | None]]:
    return {(e.reason.value, e.to.person_id or e.to.team_id, e.percent) for e in after.open if e.about}


def test_an_alarm_is_told_to_who_has_it_and_to_those_whom_it_names() -> None:
    after = alarmed(told(situation(member_id=ANN)), alarm(), anybody)
    assert alarms(after) == {("at_risk", ANN, 50), ("at_risk", MIA, 50)}
    team = alarmed(told(situation()), alarm(people=frozenset()), anybody)
    assert alarms(team) == {("at_risk", DESK, 50)}
    assert alarms(alarmed(told(situation(member_id=MIA)), alarm(), anybody)) == {("at_risk", MIA, 50)}


def test_a_later_alarm_of_the_same_target_takes_the_place_of_the_earlier_also_when_it_comes_first() -> None:
    before = told(situation(member_id=ANN))
    in_order = before
    for percent in (50, 90, 100):
        in_order = alarmed(in_order, alarm(percent), anybody)
    other_way = before
    for percent in (100, 50, 90, 100):
        other_way = alarmed(other_way, alarm(percent), anybody)
    assert alarms(in_order) == alarms(other_way) == {("breached", ANN, 100), ("breached", MIA, 100)}


def test_other_targets_and_slas_have_alarms_of_their_own() -> None:
    after = told(situation(member_id=ANN))
    for each in (alarm(), alarm(75, goal="response"), alarm(90, id=18)):
        after = alarmed(after, each, anybody)
    assert {percent for _, _, percent in alarms(after)} == {50, 75, 90}


def test_an_alarm_is_told_to_who_has_the_request_now_and_is_over_when_it_is_completed() -> None:
    after = alarmed(told(situation(member_id=ANN)), alarm(), anybody)
    moved = followed(after, situation(60, member_id=BOB), anybody)
    assert alarms(moved) == {("at_risk", BOB, 50), ("at_risk", MIA, 50)}
    over = followed(moved, situation(61, "completed"), anybody)
    assert over.open == frozenset()
    assert followed(over, situation(62), anybody).heard == {"17:resolution": 50}
    assert alarms(alarmed(followed(over, situation(62), anybody), alarm(), anybody)) == set()


def test_an_alarm_of_what_was_completed_is_heard_late_and_concerns_nobody() -> None:
    over = told(situation(), situation(60, "completed"))
    assert alarms(followed(alarmed(over, alarm(50), anybody), situation(62), anybody)) == set()
    opened_again = followed(alarmed(over, alarm(90), anybody), situation(62), anybody)
    assert alarms(opened_again) == {("at_risk", DESK, 90), ("at_risk", MIA, 90)}


def test_that_a_response_is_due_concerns_nobody_when_it_is_given_also_when_that_is_heard_first() -> None:
    before = told(situation(member_id=ANN))
    for each in (alarm(goal="response"), alarm(), alarm(goal="response", id=18)):
        before = alarmed(before, each, anybody)
    after = responded(before, 17, anybody)
    assert {(entry.goal, entry.about) for entry in after.open if entry.goal} == {
        ("resolution", "17:resolution"),
        ("response", "18:response"),
    }
    assert responded(after, 17, anybody) == after
    assert alarmed(after, alarm(100, goal="response"), anybody) == after


def test_an_sla_that_is_not_affected_any_more_concerns_nobody_until_it_is_again() -> None:
    before = alarmed(alarmed(told(situation(member_id=ANN)), alarm(), anybody), alarm(id=18), anybody)
    after = not_affected(before, 17, at(60), anybody)
    assert {entry.about for entry in after.open if entry.about} == {"18:resolution"}
    late = alarmed(not_affected(told(situation(member_id=ANN)), 17, at(60), anybody), alarm(), anybody)
    assert alarms(late) == set()
    assert alarms(not_affected(alarmed(late, alarm(90), anybody), 17, at(60), anybody)) == {
        ("at_risk", ANN, 90),
        ("at_risk", MIA, 90),
    }


def test_an_alarm_that_is_heard_before_its_request_is_told_to_who_has_it_when_that_is_known() -> None:
    after = alarmed(Told(), alarm(), anybody)
    assert alarms(after) == {("at_risk", MIA, 50)}
    known = followed(after, situation(member_id=ANN), anybody)
    assert brought(known) == {("assigned", ANN, None), ("at_risk", ANN, None), ("at_risk", MIA, None)}
    assert known == alarmed(told(situation(member_id=ANN)), alarm(), anybody)


def reminder(rule: int, since: int, when: int) -> FollowUp:
    return FollowUp(3, rule, at(since), at(when))


def test_who_is_asked_is_reminded_until_he_answers() -> None:
    waits = told(situation(1, "waiting_for_customer"))
    first = reminded(waits, reminder(1, 1, 100), anybody)
    assert brought(first) == {("waiting_on_me", EVE, None), ("follow_up", EVE, None)}
    assert reminded(first, reminder(1, 1, 101), anybody) == first
    second = reminded(first, reminder(2, 1, 200), anybody)
    assert {entry.at for entry in second.open if entry.reason is Reason.FOLLOW_UP} == {at(200)}
    assert brought(followed(second, situation(300, member_id=ANN), anybody)) == {("assigned", ANN, None)}


def test_a_reminder_of_a_question_that_was_answered_is_not_told() -> None:
    asked_again = told(situation(1, "waiting_for_customer"), situation(50, "waiting_for_customer"))
    assert brought(reminded(asked_again, reminder(1, 1, 100), anybody)) == {("waiting_on_me", EVE, None)}
    other_account = told(situation(1, "waiting_for_customer", requester_ids=frozenset()))
    assert reminded(other_account, reminder(1, 1, 100), anybody).open == frozenset()


def test_several_slas_remind_as_one() -> None:
    first = reminded(told(situation(1, "waiting_for_customer")), reminder(1, 1, 100), anybody)
    assert reminded(first, replace(reminder(1, 1, 200), sla_id=4), anybody) == first


WORDS = st.lists(
    st.one_of(
        st.builds(alarm, st.sampled_from([50, 90, 100]), st.sampled_from(["response", "resolution"])),
        st.builds(reminder, st.integers(1, 3), st.integers(1, 7), st.just(500)),
        st.just("responded"),
    ),
    max_size=5,
)


@settings(deadline=None)
@given(MOVES, WORDS, st.data())
def test_what_falls_due_is_told_alike_in_whatever_order_all_is_heard(
    moves: Sequence[dict[str, object]], words: Sequence[Alarm | FollowUp | str], data: st.DataObject
) -> None:
    """But for what was told before a completion: whoever opens the request again need not hear of it."""
    last = "completed" if moves[-1].get("status") == "completed" else "assigned"
    moves = [*(each for each in moves if each.get("status") != "completed"), {**moves[-1], "status": last}]
    said = [situation(n, **fields) for n, fields in enumerate(moves, start=1)]  # type: ignore[arg-type]

    def after(heard: Sequence[Situation | Alarm | FollowUp | str]) -> Told:
        all_told = Told()
        for each in heard:
            if isinstance(each, Situation):
                all_told = followed(all_told, each, anybody)
            elif isinstance(each, Alarm):
                all_told = alarmed(all_told, each, anybody)
            elif isinstance(each, FollowUp):
                all_told = reminded(all_told, each, anybody)
            else:
                all_told = responded(all_told, 17, anybody)
        return all_told

    heard = data.draw(st.permutations([*said, *words, *said, *words]))
    assert after(heard).open == after([*said, *words]).open == after([*words, *said]).open


def test_what_its_member_may_not_be_told_is_told_to_the_team() -> None:
    def not_ann(entry: Entry) -> bool:
        return entry.to.person_id not in (ANN, EVE)

    back = situation(turn="returned", came_back=True, member_id=ANN)
    after = alarmed(followed(Told(), back, not_ann), alarm(people=frozenset()), not_ann)
    assert brought(after) == {("returned", None, DESK), ("at_risk", None, DESK)}
    before = told(back)
    assert brought(reviewed(before, not_ann)) == {("returned", None, DESK)}
    assert reviewed(before, anybody) == before
    assert brought(reviewed(told(situation(member_id=ANN, team_id=None)), not_ann)) == set()
    named = alarmed(told(situation(member_id=BOB)), alarm(people=frozenset({ANN}), assignee=False), not_ann)
    assert brought(named) == {("assigned", BOB, None)}, "what a coordinator is told is not the team's"
    asked = told(situation(1, "waiting_for_customer", member_id=EVE))
    assert brought(reviewed(asked, not_ann)) == set()


def test_an_entry_is_for_a_person_or_a_team() -> None:
    for entry in told(situation(member_id=ANN)).open | told(situation()).open:
        assert (entry.to.person_id is None) != (entry.to.team_id is None)
        assert entry.to in (To(person_id=ANN), To(team_id=DESK))
