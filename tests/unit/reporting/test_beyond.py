"""Which rows say what no record ever said."""

from __future__ import annotations

from typing import Any

from services.reporting.model.beyond import Seen, Told, beyond

TOLD: list[dict[str, Any]] = [
    {"id": 3, "version": 4, "notes": [{"id": 31}, {"id": 32}]},
    {"id": 5, "version": 1, "notes": []},
]


def test_older_rows_and_those_as_old_say_nothing_wrong() -> None:
    assert not beyond(Seen({3: 4, 5: 0}, {31: 3}), Told(TOLD))


def test_a_row_of_a_version_that_there_never_was_is_wrong() -> None:
    assert beyond(Seen({3: 5, 5: 1}), Told(TOLD)).versions == {3: 5}


def test_a_row_of_no_record_is_wrong_whatever_it_says() -> None:
    assert beyond(Seen({4: 0, 7: 2}), Told(TOLD)).versions == {4: 0, 7: 2}


def test_what_comes_after_the_page_is_not_looked_at() -> None:
    assert not beyond(Seen({6: 2}), Told(TOLD, end=5))


def test_a_note_that_its_request_does_not_have_is_wrong() -> None:
    seen = Seen({}, {31: 3, 33: 3, 34: 5, 99: 9})
    assert beyond(seen, Told(TOLD)).notes == {33: 3, 34: 5}


def test_a_page_ends_where_rows_were_last_seen() -> None:
    told = Told(TOLD, end=5)
    assert (told.until(None), told.until(8)) == (told, told)
    assert told.until(4) == Told(TOLD[:1], 4)
    assert Told(TOLD).until(4) == Told(TOLD[:1], 4)
