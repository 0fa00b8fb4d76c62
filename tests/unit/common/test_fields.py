"""The field types that the services' schemas share."""

from __future__ import annotations

import time
from typing import Any

import pytest
from marshmallow import ValidationError, fields

from services.common.errors import Invalid
from services.common.fields import Amount, Day, Minutes, Moment, ReferenceId, ReferenceIds, Text, Whole, Zone
from services.common.schemas import InputSchema, loaded


class Record(InputSchema):
    manager_id = ReferenceId(allow_none=True)
    people_ids = ReferenceIds(3, bare="people")
    start_date = Day(allow_none=True)
    response_target = Minutes(1000)
    time_zone = Zone()
    waiting_until = Moment()
    note = Text(100, lines=True)
    name = fields.String()
    rate = Amount(100)


def errors(**data: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        Record().load(data)
    messages = refused.value.messages
    assert isinstance(messages, dict)
    return messages


@pytest.mark.parametrize("given", [{"manager_id": 5}, {"manager": 5}, {"manager": {"id": 5, "name": "Ann"}}])
def test_a_reference_is_taken_with_and_without_its_suffix(given: dict[str, Any]) -> None:
    assert Record().load(given) == {"manager_id": 5}


def test_a_reference_given_twice_is_refused() -> None:
    assert errors(manager=5, manager_id=6) == {
        "manager_id": ["is given as manager and as manager_id; give it once"]
    }


@pytest.mark.parametrize("bad", ["soon", "2025-01-31", "2025-01-31T09:30:00"])
def test_a_time_that_is_refused_is_answered_with_an_example(bad: str) -> None:
    assert "such as 2025-01-31T09:30:00Z" in errors(waiting_until=bad)["waiting_until"][0]


@pytest.mark.parametrize("bad", ["5", True, 0, -1, 2**53, {"$gt": 0}, {"id": {"$ne": 1}}, [5]])
def test_a_reference_is_a_positive_number_and_nothing_else(bad: Any) -> None:
    assert list(errors(manager_id=bad)) == ["manager_id"]


def test_several_references_lose_their_doubles_and_are_bounded() -> None:
    assert Record().load({"people": [7, {"id": 5}, 7]}) == {"people_ids": [7, 5]}
    assert errors(people_ids=[1, 2, 3, 4]) == {"people_ids": ["must hold at most 3 ids"]}


@pytest.mark.parametrize("bad", ["31-01-2025", "2025-02-30", 20250131, "2025-01-31T10:00:00Z"])
def test_a_day_is_a_day_of_the_calendar(bad: Any) -> None:
    assert errors(start_date=bad) == {"start_date": ["must be a day such as 2025-01-31"]}


def test_a_text_is_composed_before_it_is_measured() -> None:
    assert Record().load({"note": " " + "e\u0301" * 100}) == {"note": "é" * 100}
    assert errors(note="e\u0301" * 101) == {"note": ["must be at most 100 characters long"]}


def test_a_letter_bears_as_many_marks_as_any_language_has() -> None:
    assert Record().load({"note": "a" + "\u0315\u0300" * 15})
    for piled in ("\u0315\u0300" * 40, "\u0315\u0300" * 200_000):
        begun = time.process_time()
        assert "note" in errors(note="a" + piled)
        assert time.process_time() - begun < 1  # put in order, the second one takes minutes


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_lies_within_the_calendar_also_in_utc(edge: str) -> None:
    assert errors(waiting_until=edge) == {"waiting_until": ["must be a time within the calendar"]}


def test_a_day_may_be_taken_away() -> None:
    assert Record().load({"start_date": None}) == {"start_date": None}


@pytest.mark.parametrize(("given", "minutes"), [(90, 90), ("1:30", 90), ("0:05", 5)])
def test_a_duration_is_minutes_or_hours_and_minutes(given: Any, minutes: int) -> None:
    assert Record().load({"response_target": given}) == {"response_target": minutes}


@pytest.mark.parametrize("bad", [-1, 1001, "1:60", "90", 1.5, True])
def test_a_duration_out_of_bounds_or_in_words_is_refused(bad: Any) -> None:
    assert list(errors(response_target=bad)) == ["response_target"]


def test_unknown_fields_are_refused_by_name() -> None:
    assert errors(colour="red") == {"colour": ["Unknown field."]}


def test_a_time_zone_by_the_name_that_rails_has_is_kept_by_that_of_iana() -> None:
    taken = Record().load({"time_zone": "Central Time (US & Canada)"})
    assert taken == {"time_zone": "America/Chicago"}


def test_a_time_zone_that_is_not_known_is_refused_with_a_near_one() -> None:
    (text,) = errors(time_zone="Europe/Amsterdm")["time_zone"]
    assert "did you mean Europe/Amsterdam" in text


def test_a_time_zone_is_one_of_iana() -> None:
    assert Record().load({"time_zone": "Europe/Amsterdam"}) == {"time_zone": "Europe/Amsterdam"}
    assert list(errors(time_zone="Middle Earth")) == ["time_zone"]


class Line(InputSchema):
    amount = fields.Integer(required=True)


class Order(InputSchema):
    lines = fields.List(Whole(Line))
    records = fields.List(Whole(Record))
    name = fields.String(required=True)


def test_what_is_wrong_is_told_as_pairs_that_name_the_place() -> None:
    with pytest.raises(Invalid) as refused:
        loaded(Order(), {"records": [{"start_date": "x"}, {"manager": -1}]})
    assert refused.value.code == "validation_failed"
    assert refused.value.errors == [
        ("records.0.start_date", "must be a day such as 2025-01-31"),
        ("records.1.manager_id", "must be a positive number"),
        ("name", "Missing data for required field."),
    ]


def test_an_edit_needs_only_what_it_changes_and_must_be_an_object() -> None:
    assert loaded(Order(), {}, partial=True) == {}
    with pytest.raises(Invalid) as refused:
        loaded(Order(), ["name"])
    assert refused.value.errors == [("body", "Invalid input type.")]


def test_an_edit_gives_the_objects_within_a_record_whole() -> None:
    with pytest.raises(Invalid) as refused:
        loaded(Order(), {"lines": [{}]}, partial=True)
    assert refused.value.errors == [("lines.0.amount", "Missing data for required field.")]


@pytest.mark.parametrize(
    ("given", "kept"), [("12.5", "12.50"), (12.5, "12.50"), (0, "0.00"), ("100", "100.00")]
)
def test_a_decimal_comes_in_as_a_number_or_text_and_is_kept_as_text(given: Any, kept: str) -> None:
    assert Record().load({"rate": given}) == {"rate": kept}


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "100.01", "-1", "twelve", True, {"$gt": 0}, []])
def test_a_decimal_is_a_number_within_its_bounds(bad: Any) -> None:
    assert list(errors(rate=bad)) == ["rate"]
