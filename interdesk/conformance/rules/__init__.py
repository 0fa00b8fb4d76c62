"""The rules, in the order in which they are tried: what could stop the talk comes last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from interdesk.conformance.rule import Rule
from interdesk.conformance.rules import (
    breaks,
    cards,
    envelopes,
    files,
    handovers,
    keys,
    order,
    parking,
    said,
    trusting,
)

RULES: Final[tuple[Rule, ...]] = (
    *trusting.RULES,
    *order.RULES,
    *envelopes.RULES,
    *parking.RULES,
    *said.RULES,
    *keys.RULES,
    *cards.RULES,
    *handovers.RULES,
    *cards.UNDER_AGREEMENT,
    *files.RULES,
    *breaks.RULES,
    *said.LAST,
)

#: Without it there is nothing to try.
_NEEDED: Final = "7.accepted"


def chosen(only: Sequence[str]) -> list[Rule]:
    """The rules of these sections (`3`) or names (`3.gap`), and what they need; all when none is named.

    Raises KeyError with a name that no rule has.
    """
    for name in only:
        if not any(_is(rule, name) for rule in RULES):
            raise KeyError(name)
    return [rule for rule in RULES if not only or rule.id == _NEEDED or any(_is(rule, each) for each in only)]


def _is(rule: Rule, name: str) -> bool:
    return rule.id == name or rule.id.partition(".")[0] == name
