"""One record that fails keeps no other waiting, and is not forgotten."""

from __future__ import annotations

import pytest

from services.common.errors import Unavailable
from services.common.one_by_one import OneByOne


def test_all_are_worked_on_and_the_first_failure_is_raised_at_the_end() -> None:
    worked: list[int] = []

    def work(id: int) -> int:
        worked.append(id)
        if id % 2:
            raise KeyError(id)
        return 10

    one = OneByOne("request")

    def all_of_it() -> None:
        with one:
            assert one.each([0, 1, 2], work) == 20
            assert one.each([3, 4], work) == 10

    with pytest.raises(KeyError, match="1"):
        all_of_it()
    assert (worked, one.failed) == ([0, 1, 2, 3, 4], [1, 3])


def test_an_outage_ends_the_work_at_once() -> None:
    worked: list[int] = []

    def work(id: int) -> None:
        worked.append(id)
        raise Unavailable("database_silent", "Away.")

    one = OneByOne("request")
    with pytest.raises(Unavailable):
        one.each([1, 2], work)
    assert worked == [1]


def test_where_all_is_well_nothing_is_raised() -> None:
    with OneByOne("request") as one:
        assert one.each([1, 2], lambda id: None) == 0
