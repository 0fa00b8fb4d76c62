"""The move table: data, refused at import when it is malformed."""

from dataclasses import replace

import pytest

from services.requests.model import BUILT_IN, MalformedWorkflow, Move, Place, Row, Status, Workflow
from services.requests.model.workflow import GUARDS, STATUS_MOVES, Guard


def changed(without: Move, *rows: Row) -> tuple[Row, ...]:
    return (*(row for row in BUILT_IN.rows if row.move is not without), *rows)


def test_a_move_without_a_row_is_refused():
    with pytest.raises(MalformedWorkflow, match="take back"):
        Workflow("holey", changed(Move.RECALL))


def test_two_rows_for_one_case_are_refused():
    with pytest.raises(MalformedWorkflow, match="two rows"):
        Workflow("double", (*BUILT_IN.rows, BUILT_IN.rows[0]))


def test_a_place_that_cannot_be_reached_is_refused():
    nowhere = Row(Move.ASK, frozenset({Place.ASSIGNED}), (Place.ASSIGNED,))
    with pytest.raises(MalformedWorkflow, match="waiting_for_customer cannot be reached"):
        Workflow("unreachable", changed(Move.ASK, nowhere))


def test_a_dead_end_is_refused():
    trapped = frozenset({Place.WAITING_FOR})
    rows = tuple(
        replace(row, start=row.start - trapped)
        if row.start - trapped
        else replace(row, start=frozenset({Place.ASSIGNED}), end=(Place.ASSIGNED,))
        for row in BUILT_IN.rows
    )
    with pytest.raises(MalformedWorkflow, match="no way leads from waiting_for"):
        Workflow("trap", rows)


def test_an_unknown_required_field_is_refused():
    row = Row(Move.RECALL, frozenset({Place.WITH_PROVIDER}), (Place.ASSIGNED,), required=("reason",))
    with pytest.raises(MalformedWorkflow, match="reason"):
        Workflow("typo", changed(Move.RECALL, row))


def test_an_empty_row_is_refused():
    row = Row(Move.RECALL, frozenset(), (Place.ASSIGNED,))
    with pytest.raises(MalformedWorkflow, match="empty"):
        Workflow("empty", changed(Move.RECALL, row))


def test_every_guard_is_defined_and_says_why():
    assert set(GUARDS) == set(Guard)
    assert all(why for _, why in GUARDS.values())


def test_every_status_has_a_move_that_leads_to_it():
    reached = {end for row in BUILT_IN.rows for end in row.end}
    assert {Place(status) for status in Status if status is not Status.DECLINED} <= reached
    assert all(move in Move for move in STATUS_MOVES.values())
