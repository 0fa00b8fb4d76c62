"""In which order the lines of a file are done, and which of them can't be.

A line is done when the record above it that it names (an organization's parent, a person's manager) is done,
so that it may stand anywhere in the file. Each line is done once.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.organizations.model.csv_lines import Row
from services.organizations.model.rules import RuleBroken

MAX_LINES = 100_000

Name = tuple[str, str]


@dataclass(frozen=True)
class Names:
    """What a line calls its own record, and the one above it: `("id", "5")`, `("name", "Sales")`. Its own is
    found by the first of its names."""

    own: Sequence[Name]
    above: Sequence[Name] = ()


@dataclass
class Plan:
    """`order`: the places of the lines in the order they are done in. `refused`: by place, why one is not."""

    offsets: array[int] = field(default_factory=lambda: array("Q"))
    lines: array[int] = field(default_factory=lambda: array("L"))
    order: Sequence[int] = ()
    refused: dict[int, tuple[str, str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.offsets)


class Planning:
    """Takes the lines of a file one after another, and keeps of each no more than its place and names.
    `column` is where a line says what is above its record.
    """

    def __init__(self, column: str) -> None:
        self._column = column
        self._plan = Plan()
        self._found_by: dict[Name, int] = {}
        self._known: dict[Name, int] = {}
        self._above: dict[int, Sequence[Name]] = {}

    def take(self, row: Row, names: Names) -> None:
        """Raises RuleBroken `too_many_lines`."""
        place = len(self._plan)
        if place == MAX_LINES:
            raise RuleBroken(
                "too_many_lines",
                f"A file may have {MAX_LINES:,} lines. Split it.",
                [("file", f"has more than {MAX_LINES:,} lines")],
            )
        self._plan.offsets.append(row.offset)
        self._plan.lines.append(row.line)
        for key in names.own:
            self._known.setdefault(key, place)
        for key in names.own[:1]:
            first = self._found_by.setdefault(key, place)
            if first != place:
                self._plan.refused[place] = (key[0], f"line {self._plan.lines[first]} has this {key[0]} too")
        if names.above:
            self._above[place] = names.above

    def plan(self) -> Plan:
        """The plan of all that was taken."""
        plan = self._plan
        plan.order = range(len(plan)) if not self._above else self._sorted()
        return plan

    def _sorted(self) -> array[int]:
        order: array[int] = array("L")
        done: set[int] = set()
        for place in range(len(self._plan)):
            waiting: dict[int, None] = {}
            at: int | None = place
            while at is not None and at not in done:
                if at in waiting:
                    self._refuse_circle(list(waiting), at)
                    break
                waiting[at] = None
                at = self._place_above(at)
            order.extend(reversed(waiting))
            done.update(waiting)
        return order

    def _place_above(self, place: int) -> int | None:
        known = (self._known.get(key) for key in self._above.get(place, ()))
        return next((found for found in known if found is not None), None)

    def _refuse_circle(self, waiting: list[int], again: int) -> None:
        circle = waiting[waiting.index(again) :]
        lines = ", ".join(str(self._plan.lines[place]) for place in circle[:10])
        for place in circle:
            self._plan.refused.setdefault(place, (self._column, f"is a circle of the lines {lines}"))
