"""Zones by IANA's names and by those of Rails."""

from __future__ import annotations

import pytest

from services.common.time_zones import iana_name, known, named_by_rails


def test_every_name_of_rails_stands_for_a_zone_that_is_known() -> None:
    assert len(named_by_rails()) > 150
    assert set(named_by_rails().values()) <= known()


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("Mumbai", "Asia/Kolkata"),
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Nuku'alofa", "Pacific/Tongatapu"),
        ("Singapore", "Singapore"),
        ("UTC", "UTC"),
    ],
)
def test_a_zone_is_kept_by_the_name_of_iana(name: str, zone: str) -> None:
    assert iana_name(name) == zone


@pytest.mark.parametrize("name", ["", "Atlantis", "europe/amsterdam ", "x" * 10_000, "../etc/passwd"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be an IANA time zone"):
        iana_name(name)
