"""Public holidays of countries and their regions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.common.errors import Invalid
from services.slas.holidays.countries import of_country
from services.slas.holidays.found import Found, short

CHRISTMAS = datetime.fromisoformat("2026-12-25")


def names(*asked: Any) -> list[str]:
    return [each.name for each in of_country(*asked)]


def test_a_holiday_is_a_whole_local_day_in_the_language_of_the_country() -> None:
    christmas = Found(CHRISTMAS, CHRISTMAS + timedelta(days=1), "Eerste kerstdag")
    assert christmas in of_country("NL", None, [2026])
    assert "Christmas Day" in names("NL", None, [2026], "en_US")


def test_a_region_has_holidays_of_its_own_and_years_are_taken_once() -> None:
    country, region = (set(of_country("DE", each, [2027, 2026, 2026])) for each in (None, "BY"))
    assert country < region
    assert {each.start_at.year for each in region} == {2026, 2027}
    assert of_country("DE", "BY", [2026]) == sorted(of_country("DE", "BY", [2026]))


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        (("ZZ", None, [2026]), "country", "ISO 3166"),
        (("nl", None, [2026]), "country", "did you mean NL"),
        (("DE", "ZZ", [2026]), "region", "BY"),
        (("TR", "34", [2026]), "region", "leave this out"),
        (("NL", None, [2026], "xx"), "language", "en_US"),
        (("NL", None, [2199]), "years", "2199: not known"),
        (("NL", None, [2026, 2199, 1900]), "years", "1900, 2199: not known"),
    ],
)
def test_what_is_not_known_is_told_with_what_is(asked: Any, field: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        of_country(*asked)
    ((wrong, text),) = refused.value.errors
    assert wrong == field
    assert told in text


def test_a_name_is_one_line_of_a_bounded_length() -> None:
    assert short(" New\nYear\x00 ") == "New Year"
    assert len(short("x" * 500)) == 128
