"""A rule of the protocol as something that can be tried, and what trying it may end in.

A rule is a function that talks to the deployment. It returns when the rule holds, raises `Broken` with what
was expected and what came, or `NotTried` when what it needs is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from interdesk.conformance.trial import Trial

HELD: Final = "held"
BROKEN: Final = "broken"
NOT_TRIED: Final = "not tried"


class Broken(Exception):
    """The deployment does not do what the document says."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}; {came}")
        self.expected = expected
        self.came = came


class NotTried(Exception):
    """Whether the rule holds can't be known; the text says why."""


@dataclass(frozen=True)
class Rule:
    """One rule. Its `id` is stable, and begins with the section of docs/partner-protocol.md that says it."""

    id: str
    says: str
    attempt: Callable[[Trial], None]

    def tried(self, trial: Trial) -> Outcome:
        try:
            self.attempt(trial)
        except Broken as broken:
            return Outcome(self.id, self.says, BROKEN, expected=broken.expected, came=broken.came)
        except NotTried as why:
            return Outcome(self.id, self.says, NOT_TRIED, why=str(why))
        return Outcome(self.id, self.says, HELD)


@dataclass(frozen=True)
class Outcome:
    """What came of a rule. `expected` and `came` are of a broken one, `why` of one that was not tried."""

    id: str
    says: str
    outcome: str
    expected: str | None = None
    came: str | None = None
    why: str | None = None
    seconds: float = 0.0

    def to_document(self) -> dict[str, Any]:
        return asdict(self)


def rule(id: str, says: str) -> Callable[[Callable[[Trial], None]], Rule]:
    """Makes a rule of the function that tries it."""

    def made(attempt: Callable[[Trial], None]) -> Rule:
        return Rule(id, says, attempt)

    return made
