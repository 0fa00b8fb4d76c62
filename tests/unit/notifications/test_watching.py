"""What those hear who watch a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.documents import numbered, of_document, to_document
from services.notifications.model import (
    NEWS,
    Entry,
    Said,
    Situation,
    Told,
    followed,
    noted,
    unwatched,
)

NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
ANN, WIM, ZOE = 1, 7, 8
WATCHERS = frozenset({WIM, ZOE})


def at(minutes: int) -> datetime:
    return NINE + timedelta(minutes=minutes)


def anybody(entry: Entry) -> bool:
    return True


def situation(n: int, status: str, by_id: int | None = ANN) -> Situation:
    return Situation(n, at(n), at(n), status, by_id=by_id, team_id=3)


def told(*situations: Situation) -> Told:
    after = Told()
    for each in situations:
        after = followed(after, each, anybody, WATCHERS)
    return after


def news(after: Told) -> set[tuple[str, int | None, datetime]]:
    return {(each.reason.value, each.to.person_id, each.at) for each in after.open if each.reason in NEWS}


def test_who_watches_hears_that_the_status_is_another_but_not_from_himself() -> None:
    after = told(situation(1, "assigned"), situation(2, "in_progress", by_id=WIM))
    assert news(after) == {("status_changed", ZOE, at(2))}


def test_what_does_not_change_the_status_is_no_news() -> None:
    assert news(told(situation(1, "assigned"), situation(2, "assigned"))) == set()


def test_of_what_was_before_nothing_is_told() -> None:
    assert news(told(situation(5, "completed"))) == set()


def test_the_later_change_takes_the_place_of_the_earlier_also_when_it_is_completed() -> None:
    after = told(situation(1, "assigned"), situation(2, "in_progress"), situation(3, "completed"))
    assert news(after) == {("status_changed", WIM, at(3)), ("status_changed", ZOE, at(3))}


def test_his_own_change_leaves_him_the_news_that_he_has() -> None:
    after = told(situation(1, "assigned"), situation(2, "in_progress"), situation(3, "completed", by_id=WIM))
    assert news(after) == {("status_changed", WIM, at(2)), ("status_changed", ZOE, at(3))}


def test_of_notes_the_last_is_told_in_whatever_order_they_are_heard() -> None:
    before = told(situation(1, "assigned"))
    for order in ((4, 9), (9, 4), (9, 9, 4)):
        after = before
        for id in order:
            after = noted(after, Said(id, at(id), WIM if id == 4 else None), anybody, WATCHERS)
        assert news(after) == {("note_added", WIM, at(9)), ("note_added", ZOE, at(9))}


def test_a_note_and_a_status_are_told_beside_each_other() -> None:
    after = told(situation(1, "assigned"), situation(2, "in_progress"))
    after = noted(after, Said(4, at(4), ZOE), anybody, WATCHERS)
    assert {each for each in news(after) if each[1] == WIM} == {
        ("status_changed", WIM, at(2)),
        ("note_added", WIM, at(4)),
    }
    assert ("note_added", ZOE, at(4)) not in news(after)


def test_who_watches_no_more_has_no_news_and_others_keep_theirs() -> None:
    after = told(situation(1, "assigned"), situation(2, "in_progress"))
    assert news(unwatched(after, WIM)) == {("status_changed", ZOE, at(2))}
    assert news(followed(after, situation(3, "in_progress"), anybody, frozenset({WIM}))) == {
        ("status_changed", WIM, at(2))
    }


def test_whom_nothing_may_be_told_hears_nothing() -> None:
    after = followed(told(situation(1, "assigned")), situation(2, "completed"), lambda _: False, WATCHERS)
    assert news(noted(after, Said(4, at(4)), lambda _: False, WATCHERS)) == set()


@pytest.mark.parametrize("status", ["assigned", "completed"])
def test_what_is_told_of_a_watch_is_kept_as_it_is(status: str) -> None:
    after = noted(told(situation(1, "waiting_for"), situation(2, status)), Said(4, at(4)), anybody, WATCHERS)
    ids = iter(range(100))
    document = to_document(after, numbered(after, {}, 1, lambda: next(ids)), at(9))
    assert of_document(document)[0] == after


@given(st.permutations(range(1, 6)), st.lists(st.sampled_from(["assigned", "completed"]), min_size=5))
def test_each_is_told_at_most_once_of_each_kind_and_only_what_happened(
    order: list[int], statuses: list[str]
) -> None:
    after = Told()
    for n in (*order, *order):
        after = followed(after, situation(n, statuses[n - 1]), anybody, WATCHERS)
        after = noted(after, Said(n, at(n)), anybody, WATCHERS)
    found = news(after)
    assert len({(reason, person) for reason, person, _ in found}) == len(found)
    assert {when for reason, _, when in found if reason == "note_added"} == {at(5)}
    assert replace(after, open=frozenset()).situation == situation(5, statuses[4])
