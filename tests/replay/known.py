"""Cases whose times are known by hand, and what becomes of the promises in them.

A case is told by words such as `Eq@2`: line E, queued, two hours after the case began. Its lines are those of
a chain that the log has: N hands over to E, and E to S.

It begins on Monday, the cases half an hour after each other from 08:00 on; support hours are from 08:00 to
18:00. Promised (`interdesk.replay.terms`): top 1 hour and 8 hours; medium 1 and 5 business days.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interdesk.replay.chain import Path
from interdesk.replay.log import Case, Event
from interdesk.replay.service_levels import Outcome
from tests.replay.small_log import IMPACTS, STATUSES

MET, BREACHED, NOT_OWED = Outcome.MET, Outcome.BREACHED, Outcome.NOT_OWED
_WORD = re.compile(r"([NES])([pquvr])@(\d+)")
WEEK = 7 * 24


@dataclass(frozen=True)
class Known:
    """`ends`: by line, the outcome of response and resolution, and the hours that it held the case: on the
    wall, and in support hours.
    """

    words: str
    impact: str
    ends: Mapping[str, tuple[Outcome, Outcome, float, float]]


KNOWN = (
    # From 08:00: N takes two hours to respond, E resolves seven hours after it got it, nine after it began.
    Known(
        "Nq@0 Np@2 Eq@2 Ep@4 Er@9",
        "t",
        {"N": (BREACHED, BREACHED, 2, 2), "E": (MET, MET, 7, 7)},
    ),
    # From 08:30: E waits for its customer, and so its clock stands, from 11:30 for two weeks. N's does not.
    Known(
        f"Np@0 Eq@1 Ep@2 Eu@3 Ep@{3 + 2 * WEEK} Er@{5 + 2 * WEEK}",
        "m",
        {"N": (MET, BREACHED, 1 + 2 * WEEK, 1 + 100), "E": (MET, MET, 4, 4)},
    ),
    # From 09:00: S has it over night. E's clock stands meanwhile.
    Known(
        "Np@0 Eq@1 Ep@1 Sq@2 Sp@2 Sr@25",
        "t",
        {"N": (MET, BREACHED, 1, 1), "E": (MET, MET, 1, 1), "S": (MET, BREACHED, 23, 9)},
    ),
    # From 09:30: E has it over the day and the night, and declines: it owed a response, and no resolution.
    # That its support team passed it on to another was the response.
    Known(
        "Np@0 Eq@1 Nq@24 Np@24 Nr@25",
        "t",
        {"N": (MET, BREACHED, 2, 2), "E": (MET, NOT_OWED, 23, 9)},
    ),
)


def case_of(known: Known, number: int, chain: Path, teams: Mapping[str, str]) -> Case:
    """The case, on the lines of this chain. `teams`: by line, one that it has."""
    lines = dict(zip("NES", chain, strict=True))
    events = []
    for place, word in enumerate(known.words.split()):
        parts = _WORD.fullmatch(word)
        assert parts is not None, word
        line, status, hours = parts.groups()
        said = STATUSES[status]
        impact, team = IMPACTS[known.impact], teams[lines[line]]
        events.append(
            Event(place + 2, int(hours) * 3600, *said, lines[line], "F", team, impact, "P", "0", "0")
        )
    return Case(f"known-{number}", tuple(events))


def line_of(letter: str, chain: Sequence[str]) -> str:
    return chain["NES".index(letter)]
