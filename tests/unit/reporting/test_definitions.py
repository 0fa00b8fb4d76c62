"""What does not fit together in a report is refused by name; what every account begins with does."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.schemas import loaded
from services.reporting.actions.founding import REPORTS
from services.reporting.actions.saving import BLANK
from services.reporting.model.definition import RuleBroken, defined, filter_of
from services.reporting.schemas import ReportInputSchema


def report(**fields: Any) -> dict[str, Any]:
    return {**BLANK["report"], "subject": "requests", **fields}


@pytest.mark.parametrize("key", sorted(REPORTS))
def test_what_an_account_begins_with_fits_together(key: str) -> None:
    given = loaded(ReportInputSchema(), dict(REPORTS[key]))
    assert defined({**BLANK["report"], **given}).measures


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"moment": "ended_at"}, "moment"),
        ({"measures": ["holding"]}, "measures"),
        ({"measures": ["count", "count"]}, "measures"),
        ({"measures": ["open"], "moment": "completed_at"}, "measures"),
        ({"groups": ["account"]}, "groups"),
        ({"groups": ["sla"]}, "groups"),
        ({"groups": ["team", "team"]}, "groups"),
        ({"groups": ["team", "status", "impact"]}, "groups"),
        ({"filters": [{"field": "colour", "values": ["red"]}]}, "filters.0.field"),
        ({"filters": [{"field": "team", "values": ["red"]}]}, "filters.0.values"),
        ({"filters": [{"field": "team", "values": [True]}]}, "filters.0.values"),
        ({"filters": [{"field": "status", "values": [5]}]}, "filters.0.values"),
        ({"days": 0}, "days"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(fields: dict[str, Any], refused: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        defined(report(**fields))
    assert [name for name, _ in broken.value.errors][:1] == [refused]


def test_two_filters_of_one_field_both_hold() -> None:
    of_two = [{"field": "team", "values": [1, 2]}, {"field": "team", "values": [2, None]}]
    narrowed = defined(report(filters=of_two)).among("sla", (5,))
    assert filter_of(narrowed) == {
        "$and": [{"team_id": {"$in": [1, 2]}}, {"team_id": {"$in": [2, None]}}, {"sla_ids": {"$in": [5]}}]
    }


def test_representatives_see_rows_of_their_slas_and_nothing_of_subjects_without_any() -> None:
    requests = defined(report()).of_slas((5, 7))
    assert requests is not None
    assert filter_of(requests) == {"$and": [{"sla_ids": {"$in": [5, 7]}}]}
    assert defined(report(subject="periods")).of_slas((5, 7)) is None
