"""The steps of a plan: what an account does, and what every copy of the case must show after it."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass

from interdesk.replay.chain import Holding, Path, Shown
from interdesk.replay.log import Case


class Move(enum.StrEnum):
    """What an account does in one step."""

    REGISTER = "register"
    WORK = "work"  # own status, team, member, impact
    HAND_OVER = "hand over"
    REJECT = "reject the solution"
    ASK = "wait for the customer"
    ANSWER = "answer"
    COMPLETE = "complete"  # by a provider: a return
    DECLINE = "decline"
    CLOSE = "close alone"  # by the origin, while the case is with a provider or a question stands


@dataclass(frozen=True, slots=True)
class Changes:
    """What a step puts on the account's own copy. None: untouched."""

    status: str | None = None
    holding: Holding | None = None
    impact: str | None = None
    provider: str | None = None
    completion_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One call of one account, and what every copy of the case must show after it.

    `again` of a hand-over: the provider had the case before and refused it, in the round that is still open.
    """

    line: int  # of the log, that asks for it
    path: Path  # whose copy
    move: Move
    changes: Changes
    note: str | None
    implied: bool
    shows: dict[Path, Shown]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A case as steps. `unchanged`: lines of the log that ask for none."""

    case: Case
    steps: tuple[Step, ...]
    unchanged: tuple[int, ...]

    @property
    def ends(self) -> dict[Path, Shown]:
        """What each copy shows at the end."""
        return self.steps[-1].shows

    @property
    def edges(self) -> set[tuple[str, str]]:
        """The pairs (customer, provider) between which it is handed over."""
        return {
            (step.path[-1], step.changes.provider)
            for step in self.steps
            if step.move is Move.HAND_OVER and step.changes.provider is not None
        }


def edges(plans: Iterable[Plan]) -> set[tuple[str, str]]:
    """The pairs of lines (customer, provider) that need a trust and an agreement."""
    return {edge for each in plans for edge in each.edges}
