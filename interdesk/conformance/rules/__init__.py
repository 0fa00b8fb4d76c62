"""The rules, in the order in which they are tried: what could stop the talk comes last."""

from __future__ import annotations

from typing import Final

from interdesk.conformance.rule import Rule
from interdesk.conformance.rules import breaks, envelopes, handovers, keys, order, parking, said, trusting

RULES: Final[tuple[Rule, ...]] = (
    *trusting.RULES,
    *order.RULES,
    *envelopes.RULES,
    *parking.RULES,
    *said.RULES,
    *keys.RULES,
    *handovers.RULES,
    *breaks.RULES,
    *said.LAST,
)
