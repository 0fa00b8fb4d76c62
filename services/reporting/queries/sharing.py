"""Who may see a report or a dashboard, and what of its rows.

Who sees every request of the account sees what is counted of them: reports and dashboards of his own, those
shared with the account, and with a team of his. A customer representative sees those that are shared with the
representatives of an SLA that he represents, and of every figure only what is of such SLAs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.copies import collection_name
from services.common.database import answering
from services.common.errors import NotFound
from services.common.roles import ADMINISTRATORS, SEE_REQUESTS
from services.reporting.schemas.reports import ACCOUNT, TEAMS

Document = dict[str, Any]


def visible(database: Database[Document], viewer: Actor) -> Document:
    """The filter of what the viewer may see."""
    if viewer.has(*ADMINISTRATORS):
        return {}
    represented = {"sla_ids": {"$in": represented_by(database, viewer)}}
    if not viewer.has(*SEE_REQUESTS):
        return represented
    return {
        "$or": [
            {"owner_id": viewer.person_id},
            {"shared_with": ACCOUNT},
            {"shared_with": TEAMS, "team_ids": {"$in": sorted(viewer.team_ids)}},
            represented,
        ]
    }


def represented_by(database: Database[Document], viewer: Actor) -> list[int]:
    """The account's active SLAs that the viewer represents."""
    asked = {"customer_representative_ids": viewer.person_id, "status": "active"}
    if viewer.person_id is None:
        return []
    with answering():
        found = database[collection_name("sla")].find(asked, {"_id": 1})
        return sorted(each["_id"] for each in found)


def to_whom_shared(database: Database[Document], viewer: Actor) -> Callable[[Document], Document]:
    """What of a report or dashboard that the viewer sees is told of sharing: to who does not work for the
    account, the SLAs that he represents; whose else it is, is none of his business."""
    if viewer.has(*SEE_REQUESTS):
        return lambda record: record
    his = set(represented_by(database, viewer))
    return lambda record: {**record, "team_ids": [], "sla_ids": sorted(his & set(record["sla_ids"]))}


def slas_shown(
    database: Database[Document], record: Mapping[str, Any], viewer: Actor
) -> tuple[int, ...] | None:
    """The SLAs whose rows the viewer sees of a report or dashboard that he sees; None: all rows. Raises
    NotFound where there is none any more."""
    if viewer.has(*SEE_REQUESTS):
        return None
    shown = tuple(sorted(set(record["sla_ids"]) & set(represented_by(database, viewer))))
    if not shown:
        raise NotFound
    return shown
