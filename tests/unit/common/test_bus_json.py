"""What travels inside an account comes out as it went in, whatever it looks like."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.bus_json import decode, encode
from services.common.clock import milliseconds

TIMES = st.datetimes(min_value=datetime(1980, 1, 1), max_value=datetime(2100, 1, 1)).map(  # noqa: DTZ001
    lambda at: milliseconds(at.replace(tzinfo=UTC))
)
KEYS = st.text(max_size=5) | st.sampled_from(["$date", "$bytes", "$$date", "$", "__type__", "__value__"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.sampled_from(["$date", "$x"])
    | TIMES
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_values_come_out_as_they_went_in(value: Any) -> None:
    assert decode(encode(value)) == value


def test_what_looks_like_a_tag_is_none() -> None:
    for value in (
        {"$date": "2026-01-05T09:00:00Z"},
        {"__type__": "datetime", "__value__": "x"},
        {"$$date": 1},
        {"a": [{"$bytes": "AA=="}]},
    ):
        assert decode(encode(value)) == value


def test_sets_and_tuples_come_out_as_lists() -> None:
    assert decode(encode({"a": frozenset({2, 1}), "b": (1, 2)})) == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize("value", [object(), float("nan"), datetime(2026, 1, 5), {"a": {"$x": object()}}])  # noqa: DTZ001
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode(value)
