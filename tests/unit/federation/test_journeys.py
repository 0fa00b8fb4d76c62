"""How long hand-overs and returns are on their way, as one process saw them go and heard them answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymongo
import pytest

from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.metrics import rendered
from services.federation.messages import TYPES
from services.federation.outgoing import journeys
from services.federation.outgoing.journeys import MEASURED, REMEMBERED, Journeys
from services.federation.verdicts import ACCEPTED, REFUSED

GIVEN, RETURNED = "request.handed_over.v1", "request.completed.v1"


@pytest.fixture
def context(request: pytest.FixtureRequest) -> Iterator[Context]:
    nobody: pymongo.MongoClient[Any] = pymongo.MongoClient("mongodb://127.0.0.1:1", connect=False)
    account = f"a{abs(hash(request.node.name))}"
    yield Context(Config(account, "", "", ""), "requests", nobody["nothing"], clock=SteppedClock())
    nobody.close()


def row(context: Context, type: str, sequence: int = 1) -> dict[str, Any]:
    at = context.clock.now()
    return {"thread": "handover/a/1", "incarnation": 1, "sequence": sequence, "type": type, "at": at}


def measured(context: Context, name: str) -> dict[str, float]:
    """`{count, sum}` of one histogram."""
    lines = rendered(context.account, "requests").decode().splitlines()
    found = {}
    for line in lines:
        for part in ("count", "sum"):
            if line.startswith(f"interdesk_{name}_seconds_{part}{{"):
                found[part] = float(line.rpartition(" ")[2])
    return found


def step(context: Context, seconds: float) -> None:
    assert isinstance(context.clock, SteppedClock)
    context.clock.step(seconds)


@pytest.mark.parametrize(("type", "name"), [(GIVEN, "handover"), (RETURNED, "return")])
def test_it_is_measured_from_the_save_until_the_partner_has_applied_it(
    context: Context, type: str, name: str
) -> None:
    journey = Journeys(context)
    journey.begin([row(context, type), row(context, "note.added.v1", 2)])
    step(context, 90)
    for sequence in (1, 2, 1):  # the answer may come twice
        journey.end("giga", ("handover/a/1", 1, sequence), ACCEPTED)
    assert measured(context, name) == {"count": 1, "sum": 90}


def test_what_is_refused_or_was_sent_by_another_process_is_not_measured(context: Context) -> None:
    journey = Journeys(context)
    journey.begin([row(context, GIVEN)])
    journey.end("giga", ("handover/a/1", 1, 1), REFUSED)
    journey.end("giga", ("handover/b/1", 1, 1), ACCEPTED)
    assert measured(context, "handover") == {}


def test_of_very_many_the_oldest_are_forgotten(context: Context) -> None:
    journey = Journeys(context)
    journey.begin(row(context, GIVEN, n) for n in range(REMEMBERED + 5))
    for n in range(10):
        journey.end("giga", ("handover/a/1", 1, n), ACCEPTED)
    assert measured(context, "handover")["count"] == 5


def test_delivering_is_measured_of_every_type(context: Context) -> None:
    rows = [row(context, "note.added.v1"), row(context, GIVEN)]
    step(context, 3)
    journeys.delivered(context, "giga", rows)
    assert measured(context, "partner_delivery") == {"count": 2, "sum": 6}


def test_what_is_measured_are_types_of_the_protocol() -> None:
    assert set(MEASURED) <= set(TYPES)
