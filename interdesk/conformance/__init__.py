"""Conformance: does a deployment keep the partner protocol? Tried live, as a partner of it.

    invitation of the deployment ──> Trial: an account of its own, fresh keys, a border of its own
        accepts it, and says what the rules of docs/partner-protocol.md are about, right and wrong, one rule
        after the other ──> held, broken (what was expected, what came), not tried (why)

What it promises: every rule has a deadline; a rule that is broken names itself, and the ones after it are
tried as far as they can be; at the end the trust is ended, and the border of the trial is gone. What it
leaves at the deployment is what any partner leaves: an ended trust, expired agreements, parked messages,
quarantined deliveries, two services whose border to this partner has paused.

It is an implementation that can say wrong things: `words` writes messages member by member, `talk` hears and
answers as a partner should. What is right is not said twice: seals, checks and schemas are those of
`services.federation`.
"""

from interdesk.conformance.border import BorderTaken, GivenBroker, own_border
from interdesk.conformance.line import BorderLost
from interdesk.conformance.rule import BROKEN, HELD, NOT_TRIED, Outcome, Rule
from interdesk.conformance.rules import RULES, chosen
from interdesk.conformance.trial import Pace, Trial, trying

__all__ = [
    "BROKEN",
    "HELD",
    "NOT_TRIED",
    "RULES",
    "BorderLost",
    "BorderTaken",
    "GivenBroker",
    "Outcome",
    "Pace",
    "Rule",
    "Trial",
    "chosen",
    "own_border",
    "trying",
]
