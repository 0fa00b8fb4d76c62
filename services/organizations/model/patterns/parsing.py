"""What is written becomes a tree of characters, sequences, choices and repetitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_TIMES: Final = 200

_ANY: Final = 0x10FFFF
_CLASSES: Final = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_CONTROL: Final = {"t": 9, "n": 10}
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}")
_QUANTIFIERS: Final = {"*": (0, None), "+": (1, None), "?": (0, 1)}

Ranges = tuple[tuple[int, int], ...]


class MalformedPattern(ValueError):
    """It is no pattern of this language; the text says why."""


@dataclass(frozen=True)
class Characters:
    """One character of these ranges."""

    ranges: Ranges


@dataclass(frozen=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Repeated:
    """`most`: None for any number of times."""

    part: Node
    least: int
    most: int | None


Node = Characters | Sequence | Choice | Repeated


def tree(text: str) -> Node:
    """Raises MalformedPattern."""
    return _Parser(text).pattern()


class _Parser:
    """By descent: a choice of sequences of parts that may be repeated."""

    def __init__(self, text: str) -> None:
        self._text = text.removeprefix("^")
        before = self._text.removesuffix("$")
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:  # the $ is not escaped
            self._text = before
        self._at = 0

    def pattern(self) -> Node:
        found = self._choice()
        if self._at < len(self._text):
            raise MalformedPattern("has a ) too many")
        return found

    def _choice(self) -> Node:
        parts = [self._sequence()]
        while self._skip("|"):
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._part()))
        return Sequence(tuple(parts))

    def _repeated(self, part: Node) -> Node:
        sign = self._next()
        if sign in _QUANTIFIERS:
            self._at += 1
            least, most = _QUANTIFIERS[sign]
        elif sign == "{":
            least, most = self._times()
        else:
            return part
        if self._next() in ("*", "+", "?", "{"):
            raise MalformedPattern(
                "repeats a repetition; put it in ( ), lazy and possessive ones are not known"
            )
        return Repeated(part, least, most)

    def _times(self) -> tuple[int, int | None]:
        written, closed, _ = self._text[self._at + 1 :].partition("}")
        least, comma, most = written.partition(",")
        numbers = (least, most or least)
        if not closed or not all(number.isascii() and number.isdecimal() for number in numbers):
            raise MalformedPattern(r"has a { that is no {2}, {2,} or {2,5}; the sign itself is \{")
        low, high = int(least[:9]), int(most[:9]) if most else (None if comma else int(least[:9]))
        if max(low, high or 0) > MAX_TIMES or (high is not None and high < low):
            raise MalformedPattern(f"may repeat at most {MAX_TIMES} times, and not from more to less")
        self._at += len(written) + 2
        return low, high

    def _part(self) -> Node:
        sign = self._take()
        if sign == "(":
            if self._skip("?") and not self._skip(":"):
                raise MalformedPattern(
                    "looks ahead or behind, or names a group: only ( ) and (?: ) are known"
                )
            inner = self._choice()
            if not self._skip(")"):
                raise MalformedPattern("has a ( that is not closed")
            return inner
        if sign == "[":
            return Characters(self._class())
        if sign == ".":
            return Characters(_without(((10, 10),)))
        if sign == "\\":
            return Characters(self._escaped())
        if sign in _SPECIAL:
            raise MalformedPattern(f"has a {sign} where it means nothing; the sign itself is \\{sign}")
        return Characters(((ord(sign), ord(sign)),))

    def _class(self) -> Ranges:
        negated, found = self._skip("^"), list[tuple[int, int]]()
        while not self._skip("]"):
            low = self._member()
            if self._next() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
                self._at += 1
                high = self._member()
                if not _is_one(low) or not _is_one(high) or high[0][0] < low[0][0]:
                    raise MalformedPattern(
                        "has a range in [ ] that does not go from a character to a later one"
                    )
                low = ((low[0][0], high[0][0]),)
            found += low
        if not found:
            raise MalformedPattern("has an empty [ ]")
        return _without(tuple(found)) if negated else tuple(found)

    def _member(self) -> Ranges:
        sign = self._take("has a [ that is not closed")
        if sign == "[":
            raise MalformedPattern(r"has a [ in a [ ]; the sign itself is \[")
        return self._escaped() if sign == "\\" else ((ord(sign), ord(sign)),)

    def _escaped(self) -> Ranges:
        sign = self._take("ends with a \\")
        if sign.lower() in _CLASSES:
            ranges = _CLASSES[sign.lower()]
            return ranges if sign.islower() else _without(ranges)
        if sign in _CONTROL:
            return ((_CONTROL[sign], _CONTROL[sign]),)
        if sign.isalnum() or not sign.isascii():
            raise MalformedPattern(f"has a \\{sign}, which is not known")
        return ((ord(sign), ord(sign)),)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, sign: str) -> bool:
        there = self._next() == sign
        self._at += there
        return there

    def _take(self, otherwise: str = "ends too early") -> str:
        sign = self._next()
        if not sign:
            raise MalformedPattern(otherwise)
        self._at += 1
        return sign


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _without(ranges: Ranges) -> Ranges:
    """All characters but those."""
    left: list[tuple[int, int]] = []
    begin = 0
    for low, high in sorted(ranges):
        if low > begin:
            left.append((begin, low - 1))
        begin = max(begin, high + 1)
    if begin <= _ANY:
        left.append((begin, _ANY))
    return tuple(left)
