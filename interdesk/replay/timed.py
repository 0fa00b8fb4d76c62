"""Plays plans by the clock of the log: the accounts' clock is moved to the times at which things happened.

The steps of all cases are played one after another, in the order of their times (`timetable`), so cases
overlap as they did. The clock, which all processes of all accounts share, is moved when the federation is at
rest: every copy of the case shows what was foretold, and every message about it is receipted. So nothing
waits that the jump would make overdue. What a step takes of real time makes the clock late, until the log
leaves room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

from interdesk.replay.play import Played
from interdesk.replay.steps import Plan
from interdesk.replay.timetable import first_morning, timetable
from services.common.clock import MovedClock, write_ahead

CLOCK_FILE: Final = "INTERDESK_CLOCK_FILE"


@dataclass(frozen=True)
class Span:
    """From when until when the accounts' clock went, and by how much a step was late at most."""

    since: datetime
    until: datetime
    latest: timedelta


def make_clock(path: Path) -> MovedClock:
    """A clock for accounts that are started with this file (`CLOCK_FILE`); it is not moved yet."""
    write_ahead(path, 0)
    return MovedClock(path)


class Plays(Protocol):
    """Who plays: a `Player`."""

    def play_next(self, played: Played) -> bool: ...

    def come_to_rest(self, played: Played) -> None: ...


def play_timed(
    player: Plays,
    plans: Sequence[Plan],
    clock: MovedClock,
    *,
    done: Callable[[], None] = lambda: None,
) -> tuple[list[Played], Span]:
    """In the order of the plans. `done` is called after each step, also after one whose case has ended with a
    problem and which therefore is not played.
    """
    first = first_morning(clock.now())
    games = [Played(plan) for plan in plans]
    latest = timedelta(0)
    for due in timetable(plans, first):
        game = games[due.case]
        if game.problem is None:
            clock.move_to(due.at)
            latest = max(latest, clock.now() - due.at)
            if player.play_next(game):
                player.come_to_rest(game)
        done()
    return games, Span(first, clock.now(), latest)
