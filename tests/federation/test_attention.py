"""Who is told what became of messages: a database, and no partner that answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.context import Context
from services.common.errors import Unavailable
from services.federation.messages.threads import RESUMED
from services.federation.outgoing.attention import AGAIN_SECONDS, BATCH, REST_SECONDS, Attention
from services.federation.outgoing.deliveries import Deliveries
from services.federation.partners.borders import Borders
from tests.federation.correspondent import Talk
from tests.federation.rows import THREAD, leaving, taken

DAY = 86_400
OTHER = THREAD[:-2] + "bb"


class Told(Talk):
    """Notes what it is told as (thread, sequence); at first it fails as often as `fails`."""

    def __init__(self) -> None:
        super().__init__()
        self.unheard: list[tuple[str, int]] = []
        self.fails = 0

    def unanswered(self, context: Context, row: Mapping[str, Any]) -> None:
        if self.fails:
            self.fails -= 1
            raise Unavailable("database_silent", "away")
        self.unheard.append((row["thread"], row["sequence"]))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def attention(context: Context, told: Told) -> Attention:
    return Attention(context, told, Borders(context), Deliveries(context))


def step(context: Context, seconds: float) -> None:
    assert isinstance(context.clock, SteppedClock)
    context.clock.step(seconds)


def says(context: Context, thread: str, count: int) -> None:
    numbers = range(1, count + 1)
    Deliveries(context).take([leaving(f"{thread[-2:]}{n:04}", thread=thread, sequence=n) for n in numbers])


def answers(context: Context, id: str, state: str = "accepted") -> None:
    change: dict[str, Any] = {"$set": {"state": state}, "$unset": {"attention": ""}}
    if state == "refused":
        change = {"$set": {"state": state, "refused_code": "no", "attention": context.clock.now()}}
    context.database["outbox"].update_one({"_id": id}, change)


def test_of_each_thread_without_an_answer_the_first_message_is_told_and_once(
    context: Context, attention: Attention, told: Told
) -> None:
    says(context, THREAD, 3)
    says(context, OTHER, 2)
    attention.attend()
    assert told.unheard == []
    for _ in range(5):
        step(context, DAY)
        attention.attend()
    assert told.unheard == [(THREAD, 1), (OTHER, 1)]


def test_of_very_many_a_batch_is_taken_at_a_time_and_each_thread_is_told_of(
    context: Context, attention: Attention, told: Told
) -> None:
    threads = [f"{THREAD[:-2]}{n:02}" for n in range(4)]
    for thread in threads:
        says(context, thread, BATCH)
    step(context, DAY)
    attention.attend()
    assert told.unheard == [(threads[0], 1)]
    for _ in threads:
        attention.attend()
    assert told.unheard == [(thread, 1) for thread in threads]
    assert Deliveries(context).asking_attention(context.clock.now(), 1) == []


def test_what_still_waits_when_the_first_has_its_answer_is_told_an_hour_later(
    context: Context, attention: Attention, told: Told
) -> None:
    says(context, THREAD, 3)
    step(context, DAY)
    attention.attend()
    answers(context, "aa0001")
    attention.attend()
    assert told.unheard == [(THREAD, 1)]
    for _ in range(2):
        step(context, REST_SECONDS)
        attention.attend()
    assert told.unheard == [(THREAD, 1), (THREAD, 2)]


def test_each_refusal_is_told_also_in_a_thread_that_was_told_of(
    context: Context, attention: Attention, told: Told
) -> None:
    says(context, THREAD, 3)
    step(context, DAY)
    attention.attend()
    for id in ("aa0001", "aa0002"):
        answers(context, id, "refused")
    attention.attend()
    assert told.undone == ["1 no", "2 no"]
    assert told.unheard == [(THREAD, 1)]


def test_who_could_not_be_told_is_told_a_minute_later(
    context: Context, attention: Attention, told: Told
) -> None:
    says(context, THREAD, 2)
    step(context, DAY)
    told.fails = 1
    attention.attend()
    attention.attend()
    assert told.unheard == []
    step(context, AGAIN_SECONDS)
    attention.attend()
    assert told.unheard == [(THREAD, 1)]


def test_of_two_processes_one_tells(context: Context, attention: Attention, told: Told) -> None:
    class Meanwhile(Told):
        def unanswered(self, context: Context, row: Mapping[str, Any]) -> None:
            attention.attend()
            super().unanswered(context, row)

    first = Meanwhile()
    says(context, THREAD, 2)
    step(context, DAY)
    Attention(context, first, Borders(context), Deliveries(context)).attend()
    assert (first.unheard, told.unheard) == ([(THREAD, 1)], [])


def test_what_is_said_for_a_restores_sake_is_told_nobody_and_hides_nothing(
    context: Context, attention: Attention, told: Told
) -> None:
    taken(context, "resumed", sequence=1, type=RESUMED)
    taken(context, "note", sequence=2)
    step(context, DAY)
    attention.attend()
    assert told.unheard == [(THREAD, 2)]
