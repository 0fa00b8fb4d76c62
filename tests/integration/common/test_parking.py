"""Parked events: replayed and discarded once, by whoever comes first, and never lost of sight."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from services.common import parking
from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.database import CODEC
from services.common.errors import Conflict, Forbidden, NotFound, Unavailable
from services.common.listing import ListQuery
from services.common.parking import Parked
from services.common.parking.queries import PARKED_EVENTS, get_parked_event, list_parked_events
from services.common.publishing import Outgoing, Unroutable

EVENT = Parked("evt-a--slas.c", "c", "team.saved", "m-1", b'{"id":1}', "a/json", {"at": "x"}, "bug", "why", 5)
ANN = Actor(1, "widget", frozenset({"account_administrator"}), name="Ann")
SAM = Actor(2, "widget", frozenset({"specialist"}), name="Sam")


class Bus:
    """Takes what is published, and does what happens meanwhile."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        self.published: list[Outgoing] = []
        self._meanwhile = meanwhile

    def publish(self, *messages: Outgoing) -> None:
        self._meanwhile()
        self.published += messages


def raising(error: Exception) -> Callable[[], object]:
    def fail() -> None:
        raise error

    return fail


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def mongo(mongo: Any) -> Any:
    """As a service opens its database."""
    return mongo.with_options(codec_options=CODEC)


@pytest.fixture
def id(mongo: Any, clock: SteppedClock) -> str:
    parking.COLLECTION.ensure(mongo)
    parking.park(mongo, clock, EVENT)
    return EVENT.id


def listed(mongo: Any, predefined: str | None = None, **asked: str) -> list[dict[str, Any]]:
    query = ListQuery.parse(asked, PARKED_EVENTS, predefined)
    return list(list_parked_events({"slas": mongo}, query, SAM).items)


def test_a_replay_puts_the_same_bytes_back_and_says_who_did_it(
    mongo: Any, clock: SteppedClock, id: str
) -> None:
    bus = Bus()
    parking.replay(mongo, clock, bus, id, ANN)
    (sent,) = bus.published
    assert (sent.exchange, sent.routing_key, sent.body) == ("", EVENT.queue, EVENT.body)
    assert (sent.message_id, sent.type, sent.headers) == ("m-1", "team.saved", {"at": "x"})
    assert sent.mandatory
    assert listed(mongo) == []
    (settled,) = listed(mongo, "settled")
    assert (settled["state"], settled["settled_by_id"], settled["settled_at"]) == (
        "replayed",
        1,
        clock.now(),
    )


def test_what_is_parked_again_while_it_is_replayed_stays_in_sight(
    mongo: Any, clock: SteppedClock, id: str
) -> None:
    bus = Bus(lambda: parking.park(mongo, clock, EVENT))
    parking.replay(mongo, clock, bus, id, ANN)
    assert [event["id"] for event in listed(mongo)] == [id]


def test_what_could_not_be_published_stays_parked(mongo: Any, clock: SteppedClock, id: str) -> None:
    with pytest.raises(Unavailable):
        parking.replay(mongo, clock, Bus(raising(Unavailable("broker_silent"))), id, ANN)
    with pytest.raises(Conflict, match="no_handler"):
        parking.replay(mongo, clock, Bus(raising(Unroutable())), id, ANN)
    assert [event["id"] for event in listed(mongo)] == [id]


def test_what_is_settled_is_settled_once(mongo: Any, clock: SteppedClock, id: str) -> None:
    parking.discard(mongo, clock, id, ANN)
    bus = Bus()
    with pytest.raises(Conflict, match="not_parked"):
        parking.replay(mongo, clock, bus, id, ANN)
    with pytest.raises(Conflict, match="not_parked"):
        parking.discard(mongo, clock, id, ANN)
    with pytest.raises(NotFound):
        parking.discard(mongo, clock, "nothing", ANN)
    assert bus.published == []


def test_an_event_that_failed_again_is_parked_as_new(mongo: Any, clock: SteppedClock, id: str) -> None:
    parking.replay(mongo, clock, Bus(), id, ANN)
    clock.step(60)
    parking.park(mongo, clock, dataclasses.replace(EVENT, code="other"))
    shown = get_parked_event({"requests": mongo.client["empty"], "slas": mongo}, id, SAM)
    assert (shown["service"], shown["state"], shown["code"]) == ("slas", "parked", "other")
    assert shown["parked_at"] == clock.now()
    assert (shown.get("settled_at"), shown.get("settled_by_id")) == (None, None)
    assert shown["payload"] == {"id": 1}
    assert "body" not in shown


def test_only_those_who_watch_see_them(mongo: Any, id: str) -> None:
    end_user = Actor(3, "widget")
    with pytest.raises(Forbidden):
        get_parked_event({"slas": mongo}, id, end_user)
    with pytest.raises(Forbidden):
        list_parked_events({"slas": mongo}, ListQuery.parse({}, PARKED_EVENTS), end_user)
    assert "body" not in listed(mongo)[0]
