"""Whose turn it is among a partner's files, without a bus: what fails by itself keeps nobody from coming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.common.clock import SteppedClock
from services.common.context import Context
from services.federation import files
from services.federation.files.pulling import Pulling
from services.federation.outgoing.words import Word
from services.federation.partners.borders import Borders
from tests.configs import config_of
from tests.federation.files import prepare
from tests.waiting import wait_until

PARTNER, THREAD = "gigatera", "handover/widget/019b0000-0000-7000-8000-0000000000aa"
FILE = {"key": "k", "name": "trace.log", "type": "text/plain", "size": 1, "sha256": "5f" * 32}


class Showing:
    """`fails`: the offer whose note cannot be shown."""

    def __init__(self, fails: str) -> None:
        self.fails = fails
        self.shown: list[str] = []

    def lies(self, context: Context, offered: Mapping[str, Any]) -> str | None:
        return None

    def shows(self, context: Context, row: Mapping[str, Any]) -> None:
        self.shown.append(row["_id"])
        if row["_id"] == self.fails:
            raise KeyError(row["_id"])

    def settled(self, context: Context, partner: str, offered: Mapping[str, Any], code: str | None) -> None:
        raise AssertionError("nothing was offered")


@pytest.fixture
def context(mongo: Any) -> Context:
    config = config_of("widget", retry_min_seconds=60.0, sweep_seconds=0.05)
    context = Context(config, "requests", mongo, clock=SteppedClock())
    prepare(context)
    mongo["copy_trust"].insert_one({"_id": PARTNER, "name": "GigaTera", "status": "active"})
    return context


@pytest.fixture
def showing() -> Showing:
    return Showing("first")


@pytest.fixture
def asked(context: Context, showing: Showing) -> Iterator[list[Word]]:
    """What the partner is asked for, once it runs."""
    words: list[Word] = []
    pulling = Pulling(context, showing, words.append, Borders(context))
    pulling.start()
    yield words
    pulling.stop()


def offered(context: Context, name: str, **changed: Any) -> None:
    """A file was offered, and taken, a second after the one before."""
    assert isinstance(context.clock, SteppedClock)
    context.clock.step(seconds=1)
    row = files.coming(name, PARTNER, THREAD, file=FILE, id=len(name), at=context.clock.now())
    context.database[files.COMING.name].insert_one({**row["document"], **changed})


@pytest.mark.parametrize("at_work", [{}, {"asked": [0]}], ids=["new", "asked for"])
def test_a_file_that_cannot_be_gone_on_with_waits_longer_each_time_and_keeps_none_from_coming(
    context: Context, showing: Showing, at_work: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    offered(context, "first", **at_work)
    offered(context, "second")
    asked: list[Word] = request.getfixturevalue("asked")
    wait_until(lambda: [word.body["offer"] for word in asked] == ["second"])
    assert showing.shown == ["first", "second"], "once each: the first has a time of its own now"
    rows = context.database[files.COMING.name]
    first = rows.find_one({"_id": "first"})
    assert first is not None
    assert (first["tries"], first["asked"], first["turn"]) == (1, [], 0)
    assert 30 <= (first["due"]["at"] - context.clock.now()).total_seconds() <= 60
    showing.fails = ""
    rows.delete_one({"_id": "second"})
    context.clock.step(seconds=61)  # type: ignore[attr-defined]
    wait_until(lambda: [word.body["offer"] for word in asked] == ["second", "first"])
