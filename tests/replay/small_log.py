"""The small incident log: made up, of the same form as a real one, one case for each shape of chain.

`python -m tests.replay.small_log` writes `incidents-small.csv` beside this file; a test sees that it is up
to date.

A case is told by words such as `Eq2!h`: organization line E, status q, team 2, from here on impact high.
The seed makes up what is of no weight: when it happened, and from which country the officers are.
"""

from __future__ import annotations

import csv
import io
import random
import re
from pathlib import Path

from interdesk.replay.log import COLUMNS

SMALL_LOG = Path(__file__).with_name("incidents-small.csv")
SEED = 2013
LINES = {"N": "Line North", "E": "Line East", "S": "Line South", "W": "Line West", "O": "Other"}
STATUSES = {
    "p": ("Accepted", "In Progress"),
    "a": ("Accepted", "Assigned"),
    "w": ("Accepted", "Wait"),
    "u": ("Accepted", "Wait - User"),
    "c": ("Accepted", "Wait - Customer"),
    "v": ("Accepted", "Wait - Vendor"),
    "i": ("Accepted", "Wait - Implementation"),
    "q": ("Queued", "Awaiting Assignment"),
    "r": ("Completed", "Resolved"),
    "l": ("Completed", "Closed"),
    "k": ("Completed", "In Call"),
    "x": ("Unmatched", "Unmatched"),
}
IMPACTS = {"l": "Low", "m": "Medium", "h": "High", "t": "Major"}
COUNTRIES = ("Norway", "Portugal", "Chile", "0")
_WORD = re.compile(r"([NESWO])([pawucviqrlkx])(\d?)(?:!([lmht]))?")

SCENARIOS = (
    # one line
    "Np Nr",
    "Nq Np Nu Np Nr",
    "Np Nu",
    "Nq",
    "Np Nl Np Nr",
    "Na Np Nv Ni Nw Np Nk Np Nr",
    "Nr Nx",
    "Np Nq2 Np2!h Na2 Nu2 Nu Nr2",
    # handed over, and back
    "Np Eq Ep Er",
    "Ep Op Or",
    "Np Eq Ep Nq Np Nr",
    "Np Eq Nq Np Nr",
    "Np Eq Eq2 Nq Np Nr",
    "Np Eq Ep Nq Eq Ep Er",
    "Np Eq Nq Eq Ep Er",
    "Np Eq Ep Nq Eq Ep Nq Eq Ep Nq Eq Ep Er",
    "Nq Eq Nq Eq Nq Eq Ep Er",
    "Np Eq Ep Ev Ei!t Ea2 Eq Ep Er",
    # waiting for the user
    "Np Eq Ep Eu Ep Er",
    "Np Eq Ep Ec Nq Np Nr",
    "Np Eq Ep Eu Ec2 Ep2 Er2",
    "Np Nu Eq Ep Eu Sq Sp Sr",
    "Np Eq Ep Eu",
    "Np Eq",
    "Np Eq Ep",
    # resolved, and then
    "Np Eq Ep Er Eq Ep Er",
    "Np Eq Ep Er Ep Er",
    "Np Eq Ep Er Nq Np Nr",
    "Np Eq Ep Er Sq Sp Sr",
    "Np Eq Nq Sq Sp Sr",
    "Np Eq Ep El Ep Er",
    "Np Eq Ep El El Np Nr",
    "Np Eq Ep Nq Nr Eq Ep Er",
    "Np Eq Ep Er Eu Ep Er",
    "Np Eq Nq Nr",
    # three accounts
    "Np Eq Ep Sq Sp Sr",
    "Np Eq Ep Sq Sp Nq Np Nr",
    "Np Eq Ep Sq Sp Eq Ep Nq Np Nr",
    "Np Eq Sq Nq Np Nr",
    "Np Eq Ep Sq Sp Su Sp Sr",
    "Np Eq Ep Sq Sp Su Eq Ep Er",
    "Np Eq Ep Sq Sp Su Nq Np Nr",
    "Np Eq Ep Sq Eq Sq Sp Sr",
    "Np Eq Ep Sq Sp Sr Sq Sp!l Sr",
    "Np Eq Ep Sq Sp Eq Sq Sp Sr",
    "Np Eq Ep Sq Eq Er",
    "Np Eq Ep Sq Sp Su",
    "Np Eq Ep Sq",
    "Np Eq Ep Nq Sq Sp Eq Ep Er",
    # four, and five
    "Np Eq Ep Sq Sp Wq Wp Wr",
    "Np Eq Ep Sq Sp Su Wq Wp Wr",
    "Np Eq Ep Sq Sp Wq Wp Wu Wp Nq Np Nr",
    "Np Eq Ep Sq Sp Wq Wp Sq Wq Wp Wu Ep Er",
    "Np Eq Ep Sq Sp Wq Nq Np Nr",
    "Np Eq Ep Sq Sp Wq Sq Sr",
    "Np Eq Ep Sq Sp Sr Wq Wp Wl Wp Wr",
    "Op Nq Np Eq Ep Sq Sp Wq Wp Wu Wp Wr",
)


def small_log() -> str:
    """The text of the small log."""
    chance = random.Random(SEED)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, scenario in enumerate(SCENARIOS, start=1):
        seconds, impact = 0, "Medium"
        officers: dict[str, str] = {}
        for word in scenario.split():
            parts = _WORD.fullmatch(word)
            assert parts is not None, word
            line, status, team, changed = parts.groups()
            impact = IMPACTS[changed] if changed else impact
            country = officers.setdefault(line + team, chance.choice(COUNTRIES))
            row = (
                f"S-{number:03}",
                seconds,
                *STATUSES[status],
                LINES[line],
                f"{line}_{team or 1}",
                f"{line}{team or 1} 2nd" if line != "N" else f"N{team or 1}",
                impact,
                f"PROD{number}",
                "0",
                country,
            )
            writer.writerow(row)
            seconds += chance.randrange(0, 90_000)
    return text.getvalue()


if __name__ == "__main__":
    SMALL_LOG.write_text(small_log(), encoding="utf-8")
