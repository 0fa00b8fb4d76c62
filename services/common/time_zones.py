"""Time zones as callers name them: IANA's names, which are kept, and the names that Rails applications use.

`time_zones.csv` has the latter, each with the IANA zone it means ("Central Time (US & Canada)" is
America/Chicago). Where the two know the same name for the same zone (UTC), IANA's stands.
"""

from __future__ import annotations

import csv
import zoneinfo
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources

_LONGEST = 100


@cache
def named_by_rails() -> Mapping[str, str]:
    """Rails' name → IANA's."""
    with (resources.files(__package__) / "time_zones.csv").open(encoding="utf-8") as file:
        return {row["name"]: row["zone"] for row in csv.DictReader(file)}


@cache
def known() -> frozenset[str]:
    """IANA's names, as far as this machine knows them."""
    return frozenset(zoneinfo.available_timezones())


def iana_name(name: str) -> str:
    """IANA's name of a zone. Raises ValueError with a hint for an unknown one."""
    if name in known():
        return name
    zone = named_by_rails().get(name)
    if zone is not None and zone in known():
        return zone
    near = get_close_matches(name, [*known(), *named_by_rails()], n=3) if len(name) <= _LONGEST else []
    hint = f": did you mean {' or '.join(sorted(near))}?" if near else ", such as Europe/Amsterdam"
    raise ValueError(f"must be an IANA time zone{hint}")
