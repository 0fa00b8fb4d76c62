"""Pieces of files that a partner has asked for: few at a time, each once, and never many waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pymongo
import pytest

from services.common.config import Config
from services.common.context import Context
from services.common.publishing import Outgoing
from services.federation.outgoing.owing import MAX_PIECES, PIECES_AT_ONCE, Owing
from services.federation.outgoing.words import Word


@dataclass(frozen=True)
class Gone:
    """A piece of a file that is gone: it is looked at, and nothing is sent."""

    n: int
    looked_at: list[int] = field(compare=False)

    def word(self, context: Context) -> Word | None:
        self.looked_at.append(self.n)
        return None


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def context() -> Iterator[Context]:
    nobody: pymongo.MongoClient[Any] = pymongo.MongoClient("mongodb://127.0.0.1:1", connect=False)
    config = Config("widget", "widget.example", "", "", catch_up_messages_per_second=10)
    yield Context(config, "requests", nobody["nothing"])
    nobody.close()


def nothing(outgoing: list[Outgoing]) -> None:
    raise AssertionError(outgoing)


def test_a_flooding_asker_waits_for_himself(context: Context) -> None:
    owing, seen = Owing(context, "giga", Clock()), list[int]()
    taken = [owing.serve(Gone(n, seen)) for n in range(10 * MAX_PIECES)]
    assert taken == [True] * MAX_PIECES + [False] * 9 * MAX_PIECES
    assert seen == [], "nothing is read before it is its turn"


def test_what_is_asked_for_twice_is_sent_once(context: Context) -> None:
    clock, seen = Clock(), list[int]()
    owing = Owing(context, "giga", clock)
    for _ in range(3):
        assert owing.serve(Gone(1, seen))
    owing.send_pieces(nothing, may_go=True)
    clock.now += 100
    owing.send_pieces(nothing, may_go=True)
    assert seen == [1]


def test_pieces_go_few_at_a_time_and_no_faster_than_what_catches_up(context: Context) -> None:
    clock, seen = Clock(), list[int]()
    owing = Owing(context, "giga", clock)
    for n in range(3 * PIECES_AT_ONCE):
        owing.serve(Gone(n, seen))
    for _ in range(5):
        owing.send_pieces(nothing, may_go=True)
    assert seen == list(range(PIECES_AT_ONCE))
    assert owing.next_at() == clock.now + PIECES_AT_ONCE / 10
    clock.now += PIECES_AT_ONCE / 10
    owing.send_pieces(nothing, may_go=True)
    assert seen == list(range(2 * PIECES_AT_ONCE))


def test_what_may_not_go_any_more_is_dropped(context: Context) -> None:
    owing, seen = Owing(context, "giga", Clock()), list[int]()
    owing.serve(Gone(1, seen))
    owing.send_pieces(nothing, may_go=False)
    assert owing.next_at() is None
    assert seen == []
