"""What a cell that holds JSON may say: what a body of the API may."""

from __future__ import annotations

from typing import Any

import pytest

from services.organizations.actions.transferring.cells import fields_of
from services.organizations.actions.transferring.sheets import SHEETS
from services.organizations.model.rules import RuleBroken

CUSTOM = SHEETS["people"].columns["custom_fields"]


def read(text: str) -> Any:
    looks_nothing_up: Any = None
    return fields_of(looks_nothing_up, [(CUSTOM, text)], {})


def test_a_cell_holds_json() -> None:
    assert read('[{"id": "floor", "value": 3}]') == {"custom_fields": [{"id": "floor", "value": 3}]}


@pytest.mark.parametrize("value", [f"1{'0' * 400}", "NaN", "1e999", '1, "value": 2', '"\\ud800"'])
def test_json_that_the_api_would_refuse_is_refused_by_its_column(value: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        read(f'[{{"id": "floor", "value": {value}}}]')
    assert [column for column, _ in refused.value.errors] == ["custom_fields"]


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '"\ud800"'])
def test_what_is_no_json_is_refused_by_its_column(text: str) -> None:
    with pytest.raises(RuleBroken):
        read(text)
