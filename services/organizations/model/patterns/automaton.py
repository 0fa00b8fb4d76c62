"""A tree becomes an automaton, with a position for each of its characters; it walks a text once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from services.organizations.model.patterns.parsing import (
    Characters,
    Choice,
    MalformedPattern,
    Node,
    Ranges,
    Repeated,
    Sequence,
)

MAX_POSITIONS: Final = 400
# Repeating what is empty makes work and no positions.
_MAX_STEPS: Final = 4000


@dataclass(frozen=True)
class Pattern:
    """`matches` tells whether a whole text is of the pattern."""

    classes: tuple[Ranges, ...]
    follow: tuple[int, ...]
    first: int
    last: int
    empty: bool

    def matches(self, text: str) -> bool:
        of: dict[str, int] = {}  # a character -> the positions whose class holds it
        reach, accepted = self.first, self.empty
        for character in text:
            if character not in of:
                of[character] = self._positions(ord(character))
            here = reach & of[character]
            if not here:
                return False
            reach, accepted = 0, bool(here & self.last)
            for position in _bits(here):
                reach |= self.follow[position]
        return accepted

    def _positions(self, code: int) -> int:
        found = 0
        for position, ranges in enumerate(self.classes):
            if any(low <= code <= high for low, high in ranges):
                found |= 1 << position
        return found


def built(node: Node) -> Pattern:
    """Raises MalformedPattern when it is too big."""
    builder = _Builder()
    whole = builder.add(node)
    return Pattern(tuple(builder.classes), tuple(builder.follow), whole.first, whole.last, whole.empty)


@dataclass(frozen=True)
class _Part:
    """Which positions a part begins and ends with, and whether it may be empty."""

    first: int = 0
    last: int = 0
    empty: bool = True


@dataclass
class _Builder:
    """The positions of a pattern, and which may follow each."""

    classes: list[Ranges] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)
    steps: int = 0

    def add(self, node: Node) -> _Part:
        self.steps += 1
        if self.steps > _MAX_STEPS or len(self.classes) > MAX_POSITIONS:
            raise MalformedPattern(
                f"is too big: with its repetitions written out at most {MAX_POSITIONS} signs"
            )
        if isinstance(node, Characters):
            self.classes.append(node.ranges)
            self.follow.append(0)
            here = 1 << (len(self.classes) - 1)
            return _Part(here, here, empty=False)
        if isinstance(node, Sequence):
            return self._in_a_row(node.parts)
        if isinstance(node, Choice):
            parts = [self.add(each) for each in node.parts]
            first = last = 0
            for part in parts:
                first, last = first | part.first, last | part.last
            return _Part(first, last, any(part.empty for part in parts))
        return self._repeated(node)

    def _in_a_row(self, nodes: tuple[Node, ...]) -> _Part:
        row = _Part()
        for node in nodes:
            row = self._joined(row, self.add(node))
        return row

    def _repeated(self, node: Repeated) -> _Part:
        row = _Part()
        for nth in range(node.least if node.most is None else node.most):
            part = self.add(node.part)
            row = self._joined(row, part if nth < node.least else _Part(part.first, part.last))
        if node.most is None:
            more = self.add(node.part)
            self._lead(more.last, more.first)
            row = self._joined(row, _Part(more.first, more.last))
        return row

    def _joined(self, one: _Part, other: _Part) -> _Part:
        self._lead(one.last, other.first)
        first = one.first | other.first if one.empty else one.first
        last = one.last | other.last if other.empty else other.last
        return _Part(first, last, one.empty and other.empty)

    def _lead(self, last: int, first: int) -> None:
        for position in _bits(last):
            self.follow[position] |= first


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
