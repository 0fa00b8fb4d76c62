"""The documents of this service, their collections and indexes.

tellings        `_id` a request's: what is known of it, and which entries are open, as `documents` has it.
                The truth about them: `inbox_entries` follows it. `over_at`: when it was heard that the
                request is completed; absent while it is open
watches         `_id` an integer; `person_id` watches `request_id` since `created_at`; `version`
inbox_entries   `_id` an integer; `reason`, `request_id`, `person_id` or `team_id`, `at`; of what falls due
                `sla_id`, `goal`, `percent`; `for_requester`: it is about a request of his own. `open`;
                `closed_at` when it is not; `opened_in` that version of the request's telling. `readers`:
                `[{person_id, at}]`, who has read it: of a team's each member for himself. `version` counts
                its changes
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.context import Context
from services.common.idempotency import KEYS
from services.common.roles import SEE_REQUESTS
from services.common.store import Collection, Index, Records

Document = dict[str, Any]
Filter = Mapping[str, Any]

TELLINGS: Final = Collection("tellings", (Index("over_at", sparse=True),))
INBOX_ENTRIES: Final = Collection(
    "inbox_entries",
    (
        Index(["person_id", "open", "_id"]),
        Index(["team_id", "open", "_id"]),
        Index(["request_id", "open", "_id"]),
        Index("closed_at", sparse=True),
    ),
    records=False,
)
WATCHES: Final = Collection(
    "watches",
    (Index(["person_id", "request_id"], unique=True), Index(["request_id"])),
    records=False,
)
COLLECTIONS: Final = (TELLINGS, INBOX_ENTRIES, WATCHES, KEYS)


def tellings(context: Context) -> Records:
    return Records(context, TELLINGS)


def in_inbox(viewer: Actor, teams: bool) -> Filter:
    """What is in the viewer's inbox, or in those of his teams, and he may see: somebody who sees his own
    requests only, what is about these. The account itself has no inbox.
    """
    among: Document = (
        {"team_id": {"$in": sorted(viewer.team_ids)}} if teams else {"person_id": viewer.person_id or 0}
    )
    return among if viewer.has(*SEE_REQUESTS) else {**among, "for_requester": True}


def in_his_inboxes(viewer: Actor) -> Filter:
    return {"$or": [in_inbox(viewer, teams) for teams in (False, True)]}


def read_by(viewer: Actor) -> Filter:
    return {"readers.person_id": viewer.person_id}


def unread_by(viewer: Actor) -> Filter:
    return {"readers.person_id": {"$ne": viewer.person_id}}


def ensure_indexes(database: Database[Document]) -> None:
    for collection in COLLECTIONS:
        collection.ensure(database)
