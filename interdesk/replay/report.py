"""What a replay tells at its end: of each case, in sum, and whether all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interdesk.replay.chain import Path
from interdesk.replay.play import Played
from interdesk.replay.service_levels import CUSTOMERS, OWN_USERS, Kept, kept_document, summed
from interdesk.replay.steps import Move, Plan, Step
from interdesk.replay.timed import Span
from services.common.clock import iso

COUNTED = (
    "events",
    "unchanged",
    "steps",
    "implied",
    "hand_overs",
    "rejections",
    "returns",
    "waits",
    "declines",
)


@dataclass
class CaseReport:
    """One case. `disagreements` by the copy whose customer it does not agree with, in words; `kept` by copy,
    when it was played by the log's clock.
    """

    played: Played
    disagreements: dict[Path, list[str]] = field(default_factory=dict)
    kept: dict[Path, Kept] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        return self.played.problem is None and not any(self.disagreements.values())


@dataclass
class Report:
    """A replay. `ids`: account ids by line; `unreceipted`, `parked`: what each account still has, by id;
    `span`: the time of the accounts, when it was the log's.
    """

    ids: Mapping[str, str]
    cases: Sequence[CaseReport]
    unreceipted: Mapping[str, Sequence[Mapping[str, Any]]]
    parked: Mapping[str, Sequence[Mapping[str, Any]]]
    seconds: float
    span: Span | None = None

    @property
    def well(self) -> bool:
        """Nothing was lost, parked or left unreceipted, and all accounts agree."""
        nothing_left = not any(self.unreceipted.values()) and not any(self.parked.values())
        return nothing_left and all(case.well for case in self.cases)

    def to_document(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "well": self.well,
            "seconds": round(self.seconds, 1),
            "sum": self.sum(),
            "ended": self.ended(),
            **({} if self.span is None else self._by_the_clock(self.span)),
            "problems": self.problems(),
            "accounts": [
                {
                    "id": id,
                    "line": line,
                    "unreceipted": len(self.unreceipted.get(id, ())),
                    "parked": len(self.parked.get(id, ())),
                }
                for line, id in self.ids.items()
            ],
            "cases": [self.case_document(case) for case in self.cases],
        }

    def _by_the_clock(self, span: Span) -> dict[str, Any]:
        return {
            "clock": {
                "from": iso(span.since),
                "until": iso(span.until),
                "latest_step_seconds": round(span.latest.total_seconds(), 1),
            },
            "service_levels": self.service_levels(),
        }

    def service_levels(self) -> list[dict[str, Any]]:
        """By account, and for whom, what became of its promises; empty when the clock was not the log's."""
        return summed(
            (self.ids[path[-1]], OWN_USERS if len(path) == 1 else CUSTOMERS, each)
            for case in self.cases
            for path, each in case.kept.items()
        )

    def sum(self) -> dict[str, int]:
        """Over all cases."""
        total: Counter[str] = Counter()
        for case in self.cases:
            total.update(counts(case.played.plan))
        return {"cases": len(self.cases), **{name: total[name] for name in COUNTED}}

    def ended(self) -> dict[str, dict[str, int]]:
        """By account id, how many requests ended how."""
        found: dict[str, Counter[str]] = {id: Counter() for id in self.ids.values()}
        for case in self.cases:
            for path, shown in case.played.plan.ends.items():
                if path in case.played.requests and case.played.problem is None:
                    found[self.ids[path[-1]]][_end(shown.status, shown.completion_reason)] += 1
        return {id: dict(sorted(counter.items())) for id, counter in found.items()}

    def case_document(self, case: CaseReport) -> dict[str, Any]:
        """One case as JSON values."""
        played = case.played
        ends = played.plan.ends
        return {
            "case": played.plan.case.id,
            **counts(played.plan),
            "seconds": round(played.seconds, 2),
            "well": case.well,
            "accounts": [
                {
                    "account": self.ids[path[-1]],
                    "from": self.ids[path[-2]] if len(path) > 1 else None,
                    "request": played.requests.get(path),
                    "ended": _end(ends[path].status, ends[path].completion_reason),
                    **(kept_document(case.kept[path]) if path in case.kept else {}),
                }
                for path in ends
            ],
        }

    def problems(self) -> list[str]:
        """What is not well, a sentence each."""
        found = []
        for case in self.cases:
            id = case.played.plan.case.id
            if case.played.problem is not None:
                found.append(f"{id}: {case.played.problem}")
            for path, texts in case.disagreements.items():
                between = f"{self.ids[path[-2]]} and {self.ids[path[-1]]}"
                found += [f"{id}: {between} disagree: {text}" for text in texts]
        for account, left in self.unreceipted.items():
            found += [
                f"{account}: {one['type']} to {one['partner']} is {one['state']}"
                + (f" ({one['refused_code']})" if one.get("refused_code") else "")
                for one in left
            ]
        for account, left in self.parked.items():
            found += [
                f"{account}: {one['type']} from {one['partner']} is parked ({one['code']})" for one in left
            ]
        return found


def counts(plan: Plan) -> dict[str, int]:
    """What a plan does, in numbers. A rejection is a hand-over to the provider that had completed."""
    steps = plan.steps
    return {
        "events": len(plan.case.events),
        "unchanged": len(plan.unchanged),
        "steps": len(steps),
        "implied": sum(step.implied for step in steps),
        "hand_overs": _count(steps, Move.HAND_OVER) + _count(steps, Move.REJECT),
        "rejections": _count(steps, Move.REJECT),
        "returns": sum(step.move is Move.COMPLETE and len(step.path) > 1 for step in steps),
        "waits": _count(steps, Move.ASK),
        "declines": sum(step.move is Move.DECLINE and _is_completed(step) for step in steps),
    }


def _count(steps: Sequence[Step], move: Move) -> int:
    return sum(step.move is move for step in steps)


def _is_completed(step: Step) -> bool:
    return step.shows[step.path].status == "completed"


def _end(status: str, completion_reason: str | None) -> str:
    return f"{status} ({completion_reason})" if completion_reason else status
