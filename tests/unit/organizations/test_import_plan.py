"""The order in which the lines of a file are done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import import_plan
from services.organizations.model.csv_lines import Row
from services.organizations.model.import_plan import Names, Plan, Planning
from services.organizations.model.rules import RuleBroken


def planned(*lines: tuple[str, str]) -> Plan:
    """Lines that are called so, and name the line above them."""
    planning = Planning("parent")
    for n, (name, above) in enumerate(lines):
        names = Names([("name", name)] if name else [], [("name", above)] if above else [])
        planning.take(Row(10 * n, n + 2, (name, above)), names)
    return planning.plan()


def test_lines_that_name_no_other_are_done_in_their_order() -> None:
    assert list(planned(("a", ""), ("b", "elsewhere"), ("", "")).order) == [0, 1, 2]


def test_what_stands_above_is_done_first_wherever_it_stands() -> None:
    assert list(planned(("a", "b"), ("b", "c"), ("c", ""), ("d", "a")).order) == [2, 1, 0, 3]


def test_a_circle_is_told_by_its_lines_and_what_hangs_on_it_is_not_of_it() -> None:
    plan = planned(("a", "b"), ("b", "c"), ("c", "b"))
    assert plan.refused == {
        1: ("parent", "is a circle of the lines 3, 4"),
        2: ("parent", "is a circle of the lines 3, 4"),
    }


def test_a_line_is_not_below_itself() -> None:
    assert planned(("a", "a")).refused == {0: ("parent", "is a circle of the lines 2")}


def test_a_second_line_of_one_record_is_refused() -> None:
    assert planned(("a", ""), ("a", "")).refused == {1: ("name", "line 2 has this name too")}


def test_two_records_may_have_one_name_when_something_else_tells_them_apart() -> None:
    planning = Planning("parent")
    for n, id in enumerate(("5", "6")):
        planning.take(Row(n, n + 2, ()), Names([("id", id), ("name", "same")]))
    assert planning.plan().refused == {}


def test_a_file_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_plan, "MAX_LINES", 2)
    with pytest.raises(RuleBroken) as refused:
        planned(("a", ""), ("b", ""), ("c", ""))
    assert refused.value.code == "too_many_lines"


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(["", *"abcdefgh"])), max_size=12))
def test_each_line_is_done_once_and_behind_the_one_above_it(lines: list[tuple[str, str]]) -> None:
    plan = planned(*lines)
    assert sorted(plan.order) == list(range(len(lines)))
    first = {name: place for place, (name, _) in reversed(list(enumerate(lines)))}
    done = {place: n for n, place in enumerate(plan.order)}
    for place, (_, above) in enumerate(lines):
        if above in first and place not in plan.refused:
            assert done[first[above]] < done[place] or first[above] in plan.refused
