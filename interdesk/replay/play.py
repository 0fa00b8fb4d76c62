"""Plays plans over the accounts' public API.

A case is played strictly in order: after each step the player waits until every copy that the step changes
shows what the plan foretells, on every side of every border. So nothing is in flight when the next step
comes, as in the log. Several cases are played at the same time.

A step that an account refuses, or that another does not show within the deadline, ends its case with a
problem that says what was foretold and what was seen; the other cases go on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any

from interdesk.api import Api, ApiError
from interdesk.replay.agreement import unreceipted
from interdesk.replay.chain import Holding, Link, Path, Shown, team_at
from interdesk.replay.lines import Line
from interdesk.replay.steps import Move, Plan, Step
from interdesk.waiting import holds_within

_VIEW = "status,completion_reason,impact,team,member,supplier_requestID"


@dataclass(frozen=True)
class View:
    """What a copy shows over the API. `team_of` is the line whose team has it."""

    status: str
    completion_reason: str | None
    impact: str | None
    team_of: str
    holding: Holding


@dataclass
class Played:
    """A case that was played: its requests by copy, how many of its steps were done, what went wrong."""

    plan: Plan
    requests: dict[Path, int] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    problem: str | None = None

    @property
    def is_over(self) -> bool:
        return self.problem is not None or self.steps == len(self.plan.steps)

    @property
    def shows(self) -> Mapping[Path, Shown]:
        """What every copy shows by now."""
        return self.plan.steps[self.steps - 1].shows if self.steps else {}


class Clients:
    """An API client for each account; one set of them for each thread."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self._lines = lines
        self._local = threading.local()

    def __getitem__(self, line: str) -> Api:
        known: dict[str, Api] = self._local.__dict__.setdefault("clients", {})
        if line not in known:
            known[line] = self._lines[line].account.api()
        return known[line]


class Pace:
    """When to look: as soon as it has lately taken for a step to be seen, and then again and again.

    Looking is work for the accounts: to look in vain makes everything slower.
    """

    def __init__(self) -> None:
        self._usual_seconds = 0.05

    def wait(self, condition: Callable[[], bool], deadline_seconds: float) -> bool:
        """True as soon as the condition was seen to hold; False when the time is over."""
        started = time.monotonic()
        pause, again = self._usual_seconds * 0.8, max(0.01, self._usual_seconds * 0.25)
        while True:
            time.sleep(pause)
            if condition():
                break
            if time.monotonic() - started >= deadline_seconds:
                return False
            pause, again = again, min(again * 1.5, 0.5)
        took = min(time.monotonic() - started, 2.0)
        self._usual_seconds += (took - self._usual_seconds) * 0.1
        return True


class Player:
    """Plays plans over these lines. `deadline_seconds`: how long a step may take to be seen everywhere."""

    def __init__(self, lines: Mapping[str, Line], *, deadline_seconds: float = 60) -> None:
        self._lines = lines
        self._names = {line.account.id: name for name, line in lines.items()}
        self._clients = Clients(lines)
        self._deadline_seconds = deadline_seconds
        self._stopped = threading.Event()
        self._pace = Pace()

    def play_all(
        self, plans: Sequence[Plan], *, at_a_time: int, done: Callable[[Played], None] = lambda played: None
    ) -> list[Played]:
        """In the order of the plans. `done` is told of each case as it ends."""
        ended: dict[int, Played] = {}
        with ThreadPoolExecutor(at_a_time) as pool:
            games = {pool.submit(self.play, plan): number for number, plan in enumerate(plans)}
            try:
                for game in as_completed(games):
                    ended[games[game]] = game.result()
                    done(game.result())
            except BaseException:
                self._stopped.set()  # Ctrl-C, or a fault of ours: do not wait for the rest
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return [ended[number] for number in range(len(plans))]

    def play(self, plan: Plan) -> Played:
        """One case, to its end or to the first step that does not do what the plan foretells."""
        played = Played(plan)
        while not played.is_over:
            self.play_next(played)
        return played

    def play_next(self, played: Played) -> bool:
        """The next step of a case that is not over. False when it does not do what the plan foretells."""
        started = time.monotonic()
        step, before = played.plan.steps[played.steps], played.shows
        try:
            problem = self._await(step, _changes(step, before), self._do(step, played), played)
        except ApiError as refused:
            problem = str(refused)
        if self._stopped.is_set():
            problem = "stopped"
        played.seconds += time.monotonic() - started
        if problem is not None:
            played.problem = f"line {step.line}, {'/'.join(step.path)}, {step.move}: {problem}"
            return False
        played.steps += 1
        return True

    def come_to_rest(self, played: Played) -> None:
        """Waits until all that was said about the case is receipted. Where that takes too long it goes on:
        what is unreceipted at the end is told then.
        """

        def at_rest() -> bool:
            copies = played.requests.items()
            try:
                return not any(unreceipted(self._clients[path[-1]], request=id) for path, id in copies)
            except ApiError:
                return False

        holds_within(at_rest, self._deadline_seconds)

    def _do(self, step: Step, played: Played) -> View:
        """The step's one call; gives what the account's own copy shows right after it."""
        line = self._lines[step.path[-1]]
        api = self._clients[line.name]
        if step.move is Move.REGISTER:
            case, holding = played.plan.case, step.changes.holding
            assert holding is not None, "a case begins with a team"
            registered = {
                **_body(step, line),
                "subject": f"{case.id}: {case.events[0].product}"[:255],
                "category": "incident",
                "requested_by_id": line.requester_id,
                "service_instance_id": line.registers_on[holding.team],
                "source": "replay",
                "sourceID": case.id,
            }
            record = api.post("requests", registered)
            played.requests[step.path] = record["id"]
        else:
            record = api.patch(f"requests/{played.requests[step.path]}", _body(step, line))
        return self._view(line.name, record)

    def _await(
        self, step: Step, changes: Mapping[Path, View | Link], shown: View, played: Played
    ) -> str | None:
        """Waits until all copies show what they should. What is otherwise when the time is over; or None."""
        seen: dict[Path, View | Link | None] = {step.path: shown}
        missing = [path for path in changes if seen.get(path) != changes[path]]

        def all_seen() -> bool:
            for path in list(missing):
                wanted = changes[path]
                seen[path] = (
                    self._turn(path, played) if isinstance(wanted, Link) else self._look(path, played)
                )
                if seen[path] == wanted:
                    missing.remove(path)
            return not missing

        if not missing or self._pace.wait(all_seen, self._deadline_seconds):
            return None
        return "; ".join(
            f"{'/'.join(path)} shows {seen[path] or 'nothing'}, not {changes[path]}" for path in missing
        )

    def _look(self, path: Path, played: Played) -> View | None:
        """What the copy shows now; None while there is none."""
        if path not in played.requests:
            customer = self._read(path[:-1], played)
            if not customer["supplier_requestID"]:
                return None
            played.requests[path] = int(customer["supplier_requestID"])
        return self._view(path[-1], self._read(path, played))

    def _turn(self, path: Path, played: Played) -> Link:
        """How the copy stands to its provider now: what of a hand-over the request itself does not show."""
        handover = self._clients[path[-1]].get(f"handovers/{played.requests[path]}")
        turns = {Link(provider["turn"]) for provider in handover["providers"]}
        return next((turn for turn in turns if turn.is_open), Link.ENDED)

    def _read(self, path: Path, played: Played) -> Mapping[str, Any]:
        """By the list, which looks up no more than the fields that are asked for."""
        found = self._clients[path[-1]].get("requests", id=played.requests[path], fields=_VIEW)
        record: Mapping[str, Any] = found[0]
        return record

    def _view(self, line: str, record: Mapping[str, Any]) -> View:
        team, member = record["team"], record["member"]
        partner = (team.get("account") or {}).get("id")
        return View(
            status=record["status"],
            completion_reason=record["completion_reason"],
            impact=record["impact"],
            team_of=self._names[partner] if partner else line,
            holding=Holding(team["name"], member["name"] if member else None),
        )


def view(path: Path, shows: Mapping[Path, Shown]) -> View:
    """What the API must show of a copy."""
    shown = shows[path]
    team_of, holding = team_at(path, shows)
    return View(shown.status, shown.completion_reason, shown.impact, team_of, holding)


def _changes(step: Step, before: Mapping[Path, Shown]) -> dict[Path, View | Link]:
    """By copy, what to wait for after a step: another view of the request, or where that stays the same,
    another turn with the provider. (A customer that waits itself goes on waiting when its provider comes
    back.)
    """
    changes: dict[Path, View | Link] = {}
    for path, shown in step.shows.items():
        foretold = view(path, step.shows)
        if path not in before or view(path, before) != foretold:
            changes[path] = foretold
        elif path != step.path and shown.link is not None and shown.link is not before[path].link:
            changes[path] = shown.link
    return changes


def _body(step: Step, line: Line) -> dict[str, Any]:
    return dict(_fields(step, line))


def _fields(step: Step, line: Line) -> Iterator[tuple[str, Any]]:
    changes = step.changes
    for name in ("status", "impact", "completion_reason"):
        if (value := getattr(changes, name)) is not None:
            yield name, value
    if changes.holding is not None:
        member = changes.holding.member
        yield "team_id", line.teams[changes.holding.team]
        yield "member_id", line.members[member] if member is not None else None
    if changes.provider is not None:
        lead = line.leads[changes.provider]
        if step.move is Move.HAND_OVER:
            yield "service_instance_id", lead.instance_id
        else:
            yield "team_id", lead.team_id
    if step.note is not None:
        yield "note", step.note
