"""Who looks: a person, with the active SLAs whose customer he represents.

Being a representative is no role but a relation (an SLA's `customer_representative_ids`), so it is looked up
in this service's copies of SLAs, by an index, whenever somebody asks. A request carries the ids of the SLAs
that it affects (`sla_ids`), and the agreements under which it was handed over (`below`). So when an SLA
begins or ends, or others represent its customer, all its requests appear or disappear at once, and none is
written.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.copies import collection_name
from services.common.database import answering
from services.requests.model.access import Viewer

_SLAS: Final = collection_name("sla")
_ACTIVE: Final = "active"


def viewer_of(database: Database[dict[str, Any]], actor: Actor, *, represents: bool = True) -> Viewer:
    """The person behind a call. Whom he `represents` needs no look where it adds nothing to what he may.

    Raises Unavailable.
    """
    found: list[dict[str, Any]] = []
    if represents and actor.person_id is not None:
        with answering():
            his = {"customer_representative_ids": actor.person_id, "status": _ACTIVE}
            found = list(database[_SLAS].find(his, {"thread": 1, "account": 1}))
    return Viewer(
        actor.person_id,
        actor.roles,
        actor.organization_id,
        sla_ids=frozenset(each["_id"] for each in found),
        agreements=frozenset(each["thread"] for each in found if each.get("account") and each.get("thread")),
    )


def active_slas(database: Database[dict[str, Any]], ids: Collection[int]) -> frozenset[int]:
    """Those of these SLAs that are active. Raises Unavailable."""
    if not ids:
        return frozenset()
    with answering():
        found = database[_SLAS].find({"_id": {"$in": sorted(ids)}, "status": _ACTIVE}, {"_id": 1})
        return frozenset(each["_id"] for each in found)
