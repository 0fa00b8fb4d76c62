"""Time is summed before it is cut to minutes, and none of it is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.resources.timeline import BY, summed

Document = dict[str, Any]
MINUTE = timedelta(minutes=1)

times = st.timedeltas(timedelta(0), timedelta(days=30))


@st.composite
def held(draw: st.DrawFn) -> list[Document]:
    """The periods of a request that affects an SLA."""
    ids = st.sampled_from(["widget", "gigatera", None])
    one = st.builds(
        lambda account, team, status, duration, within: {
            "account": account and {"id": account, "name": account.title()},
            "team_id": team,
            "status": status,
            "duration": duration,
            "support_hours_duration": min(duration, within),
            "sla_id": 1,
        },
        ids, st.sampled_from([None, 1, 2]), st.sampled_from(["assigned", "completed"]), times, times,
    )  # fmt: skip
    return draw(st.lists(one, max_size=12))


@settings(deadline=None)
@given(held(), st.sampled_from(sorted(BY)))
def test_what_is_summed_is_all_time_and_cut_once(periods: list[Document], name: str) -> None:
    shares = summed(periods, BY[name])
    for duration in ("duration", "support_hours_duration"):
        whole = sum((each[duration] for each in periods), timedelta(0))
        told = sum(each[duration] for each in shares)
        assert told <= whole / MINUTE < told + max(len(shares), 1)
    assert len({str([share[each] for each in BY[name]]) for share in shares}) == len(shares)


@pytest.mark.parametrize("name", sorted(BY))
def test_without_support_hours_none_are_told(name: str) -> None:
    period = {"account": None, "team_id": None, "status": "assigned", "sla_id": None, "duration": MINUTE}
    (share,) = summed([{**period, "support_hours_duration": None}] * 2, BY[name])
    assert (share["duration"], share["support_hours_duration"], share["sla_id"]) == (2, None, None)
