"""The collections that federation keeps in each service's database, and their indexes.

inbox       what partners said, verified: one row per (partner, thread, incarnation, sequence)
outbox      what we said, and what became of it: one row per message
quarantine  what nobody is proven to have said; a byte quota per partner
borders     per partner: when it was last heard, whether its border is paused, its quarantined bytes
deployment  whose database this is, and its incarnation: one document (deployment.py)
"""

from __future__ import annotations

import hashlib
from typing import Final

from services.common.store import Collection, Index

INBOX: Final = Collection(
    "inbox",
    (Index(["thread", "sequence"]), Index("due", sparse=True), Index(["state", "-received_at"])),
    records=False,
)
OUTBOX: Final = Collection(
    "outbox",
    (
        Index(["thread", "incarnation", "sequence"]),
        Index(["partner", "_id"]),
        Index(["due.to", "due.at"], sparse=True),
        Index(["state", "_id"]),
        Index(["request_id", "_id"], sparse=True),
        Index("attention", sparse=True),
    ),
    records=False,
)
QUARANTINE: Final = Collection(
    "quarantine", (Index("due", sparse=True), Index(["partner", "-received_at"])), records=False
)
BORDERS: Final = Collection("borders", (), records=False)

DEPLOYMENT: Final = Collection("deployment", (), records=False)

ALL: Final = (INBOX, OUTBOX, QUARANTINE, BORDERS, DEPLOYMENT)

# States of inbox rows. Final ones are the words of verdicts.
WAITING: Final = "waiting"
PARKED: Final = "parked"

# The code of a row that waits for one before it in its thread.
GAP: Final = "gap"

# The code of a parked row whose seal's key is revoked: nobody is proven to have said it, so it does not hold
# its place against what a good key proves.
REVOKED_KEY: Final = "revoked_key"


def row_id(partner: str, thread: str, incarnation: int, sequence: int) -> str:
    """The id of an inbox row: its place, so that the primary key lets each place be taken once."""
    place = f"{partner}|{thread}|{incarnation}|{sequence}"
    return hashlib.sha256(place.encode()).hexdigest()[:32]
