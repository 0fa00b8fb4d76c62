"""Every organization line gets an account id of its own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interdesk.replay.names import account_ids
from services.common.config import ACCOUNT


def test_an_id_is_the_lines_name_as_a_word() -> None:
    assert account_ids(["Org line V7n", "Other"]) == {"Org line V7n": "org-line-v7n", "Other": "other"}


def test_lines_that_make_the_same_word_get_numbers() -> None:
    assert account_ids(["Côte 1", "Cote-1", "1"]) == {"1": "line-1", "Cote-1": "cote-1", "Côte 1": "cote-1-2"}


@given(st.sets(st.text(min_size=1, max_size=60), max_size=12))
def test_ids_are_valid_and_different_for_any_lines(lines: set[str]) -> None:
    ids = account_ids(lines)
    assert set(ids) == lines
    assert len(set(ids.values())) == len(lines)
    assert all(ACCOUNT.match(id) for id in ids.values())
