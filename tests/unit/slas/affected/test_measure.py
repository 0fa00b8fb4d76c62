"""By which affected SLA a request's time is measured."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from services.slas.model.affected import Affected, most_stringent
from services.slas.model.clocks import Clock
from tests.unit.slas.affected.examples import shop, situation
from tests.unit.slas.clocks.examples import terms


def under(id: int, response: int | None, resolution: int | None) -> Affected:
    affected = shop()
    of = terms(response=response, resolution=resolution)
    snapshot = replace(affected.snapshot, terms=of)
    return replace(affected, sla_id=id, snapshot=snapshot, clock=Clock(affected.clock.started_at, of))


def chosen(*affected: Affected) -> int:
    """The same in whatever order they come."""
    (id,) = {most.sla_id for some in permutations(affected) if (most := most_stringent(some))}
    return id


def test_the_earliest_resolution_measures_then_the_earliest_response_then_the_first() -> None:
    assert most_stringent([]) is None
    assert chosen(under(1, None, 480), under(2, 10, 481)) == 1
    assert chosen(under(1, 60, None), under(2, None, 9_000), under(3, 10, None)) == 2
    assert chosen(under(1, 60, None), under(2, 10, None)) == 2
    assert chosen(under(2, None, None), under(1, None, None)) == 1


def test_a_clock_that_stands_changes_nothing_of_it() -> None:
    stopped = under(1, None, 480).after(situation("23 10:00", status="waiting_for_customer"))
    resumed = stopped.after(situation("24 10:00"))
    for one in (stopped, resumed):
        assert chosen(one, under(2, None, 500)) == 1


def test_what_is_affected_no_more_measures_only_alone() -> None:
    gone = under(1, None, 10).after(situation("23 10:00", service_instance_id=3, about_id=3))
    assert chosen(gone, under(2, None, None)) == 2
    assert chosen(gone) == 1
