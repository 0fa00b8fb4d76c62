"""A replay from the plans to the report: a federation of its own, set up, played on, looked over, ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from interdesk.local.deployment import LocalDeployment
from interdesk.local.hosting import Mode
from interdesk.replay.agreement import Copy, Record, disagreements, parked, read_copy, unreceipted
from interdesk.replay.chain import Path as CopyPath
from interdesk.replay.lines import Line, accounts_for, needs_of, set_up, tasks
from interdesk.replay.play import Clients, Played, Player
from interdesk.replay.report import CaseReport, Report
from interdesk.replay.service_levels import Kept, read_kept
from interdesk.replay.steps import Plan
from interdesk.replay.timed import CLOCK_FILE, Span, make_clock, play_timed
from interdesk.waiting import holds_within
from services.common.clock import MovedClock


class Progress(Protocol):
    """Who watches: `phase` begins a piece of work of so many parts, `done` ends one part."""

    def phase(self, name: str, parts: int) -> None: ...

    def done(self) -> None: ...


class Unwatched:
    """Nobody watches."""

    def phase(self, name: str, parts: int) -> None:
        pass

    def done(self) -> None:
        pass


@dataclass(frozen=True)
class Settings:
    """How to replay. `environ` overrides settings of the accounts' services; `by_the_log`: their clock
    follows the log's times.
    """

    processes: Mode = "one"
    durable: bool = False
    at_a_time: int = 8
    step_deadline_seconds: float = 60
    receipt_deadline_seconds: float = 60
    environ: Mapping[str, str] = field(default_factory=dict)
    by_the_log: bool = False


@dataclass(frozen=True)
class Stage:
    """A federation that is set up for some plans. `clock`: the accounts' own, when it can be moved."""

    lines: Mapping[str, Line]
    clock: MovedClock | None


def replay(
    plans: Sequence[Plan], directory: Path, settings: Settings, watched: Progress | None = None
) -> Report:
    """Plays the plans on a new federation in `directory`, which runs no longer when this returns.

    Raises StartFailed, ApiError, TimeoutError when the federation can't be set up or asked; what goes wrong
    with a case is in the report.
    """
    watched = watched or Unwatched()
    with federation(plans, directory, settings, watched) as stage:
        return play_and_look_over(plans, stage, settings, watched)


@contextmanager
def federation(
    plans: Sequence[Plan], directory: Path, settings: Settings, watched: Progress
) -> Iterator[Stage]:
    """What the plans need, set up in `directory`. Raises as `replay`."""
    needs = needs_of(plans)
    clock, environ = None, settings.environ
    if settings.by_the_log:
        clock = make_clock(directory / "clock")
        environ = {**environ, CLOCK_FILE: str(directory / "clock")}
    specs = accounts_for(needs, environ)
    deployment = LocalDeployment(
        directory, list(specs.values()), processes=settings.processes, durable=settings.durable
    )
    watched.phase("starting", 1)
    with deployment:
        watched.done()
        accounts = {line: deployment.accounts[spec.id] for line, spec in specs.items()}
        watched.phase("accounts, trusts, agreements", tasks(needs))
        yield Stage(set_up(needs, accounts, watched.done), clock)


def play_and_look_over(plans: Sequence[Plan], stage: Stage, settings: Settings, watched: Progress) -> Report:
    """Plays on lines that are set up, then asks every account what it shows and has left. Raises ApiError."""
    lines = stage.lines
    started = time.monotonic()
    player = Player(lines, deadline_seconds=settings.step_deadline_seconds)
    span: Span | None = None
    if settings.by_the_log and stage.clock is not None:
        watched.phase("steps", sum(len(plan.steps) for plan in plans))
        played, span = play_timed(player, plans, stage.clock, done=watched.done)
    else:
        watched.phase("cases", len(plans))
        played = player.play_all(plans, at_a_time=settings.at_a_time, done=lambda one: watched.done())
    seconds = time.monotonic() - started
    watched.phase("looking over", len(lines) + len(played))
    clients = Clients(lines)

    def remains(line: Line) -> tuple[list[Record], list[Record]]:
        api = clients[line.name]
        holds_within(lambda: not unreceipted(api), settings.receipt_deadline_seconds)
        watched.done()
        return unreceipted(api), parked(api)

    def looked_over(one: Played) -> CaseReport:
        found = CaseReport(one, _disagreements(one, lines, clients) if one.problem is None else {})
        if span is not None:
            found.kept = _kept(one, lines, clients, settings.receipt_deadline_seconds)
        watched.done()
        return found

    with ThreadPoolExecutor(settings.at_a_time) as pool:
        left = list(pool.map(remains, lines.values()))
        cases = list(pool.map(looked_over, played))
    ids = {name: line.account.id for name, line in lines.items()}
    return Report(
        ids,
        cases,
        unreceipted={id: one for id, (one, _) in zip(ids.values(), left, strict=True)},
        parked={id: other for id, (_, other) in zip(ids.values(), left, strict=True)},
        seconds=seconds,
        span=span,
    )


def _kept(
    played: Played, lines: Mapping[str, Line], clients: Clients, deadline_seconds: float
) -> dict[CopyPath, Kept]:
    """By copy, what became of its promises."""
    return {
        path: read_kept(clients[path[-1]], lines[path[-1]].account.id, id, deadline_seconds)
        for path, id in played.requests.items()
    }


def _disagreements(played: Played, lines: Mapping[str, Line], clients: Clients) -> dict[CopyPath, list[str]]:
    """By the provider's copy, what it and its customer do not agree about."""
    copies: dict[CopyPath, Copy] = {}

    def read(path: CopyPath) -> Copy:
        if path not in copies:
            account = lines[path[-1]].account.id
            copies[path] = read_copy(clients[path[-1]], account, played.requests[path])
        return copies[path]

    return {path: disagreements(read(path[:-1]), read(path)) for path in played.requests if len(path) > 1}
