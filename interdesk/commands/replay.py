"""`interdesk replay`: plays a recorded incident log through a federation of its own."""

from __future__ import annotations

import enum
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from interdesk.api import Beginning
from interdesk.commands.options import DEFAULT_LIMIT, Json, TableLimit
from interdesk.commands.output import (
    FAILED,
    WRONG_USE,
    Refusal,
    say,
    show,
    show_first,
    show_json,
    warn,
)
from interdesk.replay.log import LogError, choose, read_cases
from interdesk.replay.plan import plan
from interdesk.replay.report import COUNTED, Report
from interdesk.replay.run import Progress as Watched
from interdesk.replay.run import Settings, Unwatched
from interdesk.replay.run import replay as play
from interdesk.replay.service_levels import GOALS
from interdesk.replay.shapes import covering
from interdesk.replay.steps import Plan
from interdesk.replay.timed import Span

_CASE_COLUMNS = ("case", "accounts", *COUNTED, "ended", "well")
_LEVEL_COLUMNS = ("account", "for", "requests", "affected_slas", *GOALS, "held", "in_support_hours")


class ClockOf(enum.StrEnum):
    """Whose time the accounts have."""

    COMPUTER = "computer"
    LOG = "log"


def replay(
    file: Annotated[
        Path | None,
        typer.Argument(help="The log, CSV or gzipped CSV (default: what INTERDESK_INCIDENT_LOG names)."),
    ] = None,
    crossing: Annotated[
        bool, typer.Option("--crossing", help="Only cases that cross organization lines.")
    ] = False,
    cases: Annotated[
        int | None, typer.Option("--cases", min=1, help="Only the first so many of what is left.")
    ] = None,
    every_shape: Annotated[
        bool,
        typer.Option(
            "--every-shape",
            help="With --cases: not the first ones, but so many that every shape of chain is among them.",
        ),
    ] = False,
    at_a_time: Annotated[
        int, typer.Option("--at-a-time", min=1, max=64, help="Cases played at once, by the computer's clock.")
    ] = 8,
    clock: Annotated[
        ClockOf,
        typer.Option(
            help="Whose time the accounts have. log: their clock is moved to the log's times, and the report "
            "says which targets were met and breached, and how long each account held the cases."
        ),
    ] = ClockOf.COMPUTER,
    limit: TableLimit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """Play an incident log through a federation of its own, each organization line an account.

    Everything goes over the public API, in a temporary directory, beside whatever else runs. At the end:
    what was played, and whether anything was lost, parked, left unreceipted, or two accounts disagree (exit
    code 1).

    Cases play in file order, some at once. With --clock log they begin in file order, one each half hour of
    support time, and then go on as the log says, each step at its time and after the one before.
    """
    if every_shape and cases is None:
        raise Refusal("--every-shape needs --cases: how many to choose", WRONG_USE)
    path = file or _named_by_environment()
    try:
        plans = _plans(path, crossing, cases, every_shape)
    except LogError as problem:
        raise Refusal(str(problem), WRONG_USE) from problem
    if not plans:
        raise Refusal(f"{path} has no case that crosses lines", WRONG_USE)
    with tempfile.TemporaryDirectory(prefix="interdesk-replay-") as directory, _watched() as watched:
        settings = Settings(at_a_time=at_a_time, by_the_log=clock is ClockOf.LOG)
        report = play(plans, Path(directory), settings, watched)
    if as_json:
        show_json(report.to_document())
    else:
        _tell(report, limit)
    problems = report.problems()
    for text in problems[:limit]:
        warn(text)
    if len(problems) > limit:
        warn(f"and {len(problems) - limit:,} problems more; --limit shows more, --json all")
    if not report.well:
        raise typer.Exit(FAILED)


def _named_by_environment() -> Path:
    named = os.environ.get("INTERDESK_INCIDENT_LOG")
    if not named:
        raise Refusal("say which log to play: interdesk replay FILE", WRONG_USE)
    return Path(named)


def _plans(path: Path, crossing: bool, cases: int | None, every_shape: bool) -> list[Plan]:
    """Raises LogError."""
    if every_shape and cases is not None:
        return covering([plan(case) for case in choose(read_cases(path), crossing=crossing)], cases)
    return [plan(case) for case in choose(read_cases(path), crossing=crossing, first=cases)]


class _Bars:
    """A bar for each phase, while a terminal watches."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def phase(self, name: str, parts: int) -> None:
        self._task = self._bars.add_task(name, total=parts)

    def done(self) -> None:
        if self._task is not None:
            self._bars.advance(self._task)


class _Lines(Unwatched):
    """A line for each phase, where nobody watches but a log is kept."""

    def phase(self, name: str, parts: int) -> None:
        say(f"{name}: {parts}")


@contextmanager
def _watched() -> Iterator[Watched]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        yield _Bars(bars)


def _tell(report: Report, limit: int) -> None:
    worst_first = sorted(report.cases, key=lambda case: case.well)[:limit]
    rows = [_row(report.case_document(case)) for case in worst_first]
    show_first(Beginning(rows, len(report.cases)), _CASE_COLUMNS, as_json=False)
    typer.echo()
    show([report.sum()], ("cases", *COUNTED), as_json=False)
    typer.echo()
    ended = [{"account": id, "ended": _numbers(counted)} for id, counted in report.ended().items()]
    show(ended, ("account", "ended"), as_json=False)
    typer.echo()
    if report.span is not None:
        show(map(_level_row, report.service_levels()), _LEVEL_COLUMNS, as_json=False)
        typer.echo()
        say(_times(report.span))
    say(
        f"{'All accounts agree' if report.well else 'Not all is well'}; "
        f"{len(report.cases)} cases in {report.seconds:.0f} s"
    )


def _row(document: dict[str, Any]) -> dict[str, Any]:
    accounts = document["accounts"]
    ended = ", ".join(f"{one['account']} {one['ended'].removeprefix('completed ')}" for one in accounts)
    return {**document, "accounts": len(accounts), "ended": ended}


def _level_row(document: dict[str, Any]) -> dict[str, Any]:
    reached = {goal: {name: number for name, number in document[goal].items() if number} for goal in GOALS}
    return {
        **document,
        **{goal: _numbers(found) for goal, found in reached.items()},
        "held": _hours(document["duration"]),
        "in_support_hours": _hours(document["support_hours_duration"]),
    }


def _times(span: Span) -> str:
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (span.since, span.until))
    late = f"{span.latest.total_seconds():.0f} s late at most"
    return f"The accounts' clock went from {since} to {until} UTC; a step was {late}."


def _hours(minutes: int) -> str:
    return f"{minutes / 60:,.1f} h"


def _numbers(counted: dict[str, int]) -> str:
    return ", ".join(f"{number} {what}" for what, number in counted.items())
