"""Cursors: places in a sorted list, as text that only a page gives."""

import base64
import json
from typing import Any

import pytest

from services.common.listing.declaration import Field, Kind
from services.common.listing.keyset import SortKey, cursor_of, read_cursor

KEYS = (
    SortKey("subject", Field("core.subject", Kind.TEXT, sortable=True), "core.subject", False),
    SortKey("sourceID", Field("source_id", Kind.TEXT, sortable=True), "source_id", True),
    SortKey("id", Field("_id", Kind.INTEGER, sortable=True), "_id", True),
)


def written(values: list[Any]) -> str:
    body = {"offset": 0, "sort": "subject,-sourceID,-id", "cursor": values}
    return base64.urlsafe_b64encode(json.dumps(body).encode()).decode()


@pytest.mark.parametrize("subject", ["Printer", "😀" * 255, "\\" * 255, "é\u0000"])
def test_a_cursor_brings_back_what_the_longest_texts_were_sorted_by(subject: str) -> None:
    document = {"_id": 2**53 - 1, "core": {"subject": subject}, "source_id": "😀" * 128}
    cursor = read_cursor(cursor_of(document, 19, KEYS), KEYS)
    assert cursor.values == (subject, "😀" * 128, 2**53 - 1)
    assert cursor.offset == 19


@pytest.mark.parametrize(
    "values",
    [
        ["\ud800", "a", 1],
        ["a", {"$gt": ""}, 1],
        ["a", "b", True],
        ["a", "b", "1"],
        ["a", 1, 1],
        ["a", "b", 2**63],
    ],
)
def test_a_cursor_holds_nothing_that_the_field_could_not_hold(values: list[Any]) -> None:
    with pytest.raises(ValueError, match="is not a cursor"):
        read_cursor(written(values), KEYS)
