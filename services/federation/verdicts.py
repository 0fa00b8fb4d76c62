"""How the handling of a partner's message ends, and what the sender is told of it.

    accepted ─┐
              ├─ final: the thread's position is past the message, the receipt says so for ever
    refused ──┘
    later ────┐
              ├─ not final: the message waits, its thread with it; the receipt says `held`
    park  ────┘

`receive` of a correspondent returns one of the final ones (`done()`, `refused(code)`), and raises
`services.common.verdicts.Later` or `Park` for the others. A code is told to the partner; a detail never is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

ACCEPTED = "accepted"
REFUSED = "refused"
HELD = "held"

Word = Literal["accepted", "refused"]

CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")

# Two deployments speak as one account (resuming.py).
SECOND_DEPLOYMENT = "second_deployment"

# A thread in which one of these was refused can't go on by itself: the two sides disagree on what was said.
BREAKS_THREAD = frozenset({"sequence_conflict", "chain_broken", SECOND_DEPLOYMENT})


@dataclass(frozen=True)
class Verdict:
    """A final verdict: `accepted`, at times with a remark (`superseded`), or `refused` with its code."""

    word: Word
    code: str | None = None

    def __post_init__(self) -> None:
        if self.code is None and self.word == REFUSED:
            raise ValueError("a refusal needs a code")
        if self.code is not None and not CODE.fullmatch(self.code):
            raise ValueError(f"{self.code!r} is not a code")


def done(remark: str | None = None) -> Verdict:
    """The message is applied; `remark` is told to the sender (`superseded`: accepted, came too late)."""
    return Verdict("accepted", remark)


def refused(code: str) -> Verdict:
    """The message is not applied and never will be; the thread went past it (handover.md, rule 9)."""
    return Verdict("refused", code)
