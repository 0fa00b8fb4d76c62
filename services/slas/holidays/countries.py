"""The public holidays of a country or one of its regions, as the `holidays` package keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from difflib import get_close_matches

import holidays as kept

from services.common.errors import Invalid
from services.slas.holidays.found import Found, short

_SHOWN_REGIONS = 60


def of_country(
    country: str, region: str | None, years: Sequence[int], language: str | None = None
) -> list[Found]:
    """The public holidays of some years, in order; each a whole local day, with those that are moved to a
    working day on that day too.

    `country` is a code of ISO 3166-1, `region` one of the country's as the package knows them (mostly those
    of ISO 3166-2, without the country). Names are in the country's own language unless another is asked for.
    Raises Invalid that names the field, and what there is instead.
    """
    regions = kept.list_supported_countries()
    if country not in regions:
        near = get_close_matches(country.upper(), regions, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        text = f"must be the ISO 3166 code of a country whose holidays are known, such as NL{hint}"
        raise Invalid(errors=[("country", text)])
    if region is not None and region not in {
        *regions[country],
        *kept.country_holidays(country).subdivisions_aliases,
    }:
        raise Invalid(errors=[("region", _regions_told(country, regions[country]))])
    known = kept.country_holidays(country)
    language = language or known.default_language
    if language is not None and language not in known.supported_languages:
        told = ", ".join(known.supported_languages) or "one language only; leave this out"
        raise Invalid(errors=[("language", f"{country} has: {told}")])
    if unknown := sorted({year for year in years if not known.start_year <= year <= known.end_year}):
        told = ", ".join(map(str, unknown))
        text = f"{told}: not known of {country}; the package knows {known.start_year} to {known.end_year}"
        raise Invalid(errors=[("years", text)])
    listed = kept.country_holidays(country, subdiv=region, years=sorted(set(years)), language=language)
    return [
        Found(midnight, midnight + timedelta(days=1), short(name))
        for midnight, name in ((datetime.combine(day, time()), name) for day, name in sorted(listed.items()))
    ]


def _regions_told(country: str, regions: Sequence[str]) -> str:
    if not regions:
        return f"{country} has none; leave this out"
    more = ", …" if len(regions) > _SHOWN_REGIONS else ""
    return f"{country} has: {', '.join(regions[:_SHOWN_REGIONS])}{more}"
