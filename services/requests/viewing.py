"""Who looks: a person, with the active SLAs whose customer he represents, and the organizations whose key
contact he is.

Being a representative is no role but a relation (an SLA's `customer_representative_ids`), so it is looked up
in this service's copies of SLAs, by an index, whenever somebody asks. A request carries the ids of the SLAs
that it affects (`sla_ids`), and the agreements under which it was handed over (`below`). So when an SLA
begins or ends, or others represent its customer, all its requests appear or disappear at once, and none is
written. So it is with organizations: which are below his is looked up in the copies, level by level.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from pymongo.database import Database

from services.common.actor import Actor
from services.common.copies import collection_name
from services.common.database import answering
from services.requests.model.access import Viewer

_ORGANIZATIONS: Final = collection_name("organization")
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
        _with_those_below(database, actor.organization_id) if "key_contact" in actor.roles else frozenset(),
        sla_ids=frozenset(each["_id"] for each in found),
        agreements=frozenset(each["thread"] for each in found if each.get("account") and each.get("thread")),
    )


def _with_those_below(database: Database[dict[str, Any]], id: int | None) -> frozenset[int]:
    """An organization and all below it. Raises Unavailable."""
    found: set[int] = set()
    level = set() if id is None else {id}
    with answering():
        while level := level - found:
            found |= level
            below = database[_ORGANIZATIONS].find({"parent_id": {"$in": sorted(level)}}, {"_id": 1})
            level = {each["_id"] for each in below}
    return frozenset(found)


def active_slas(database: Database[dict[str, Any]], ids: Collection[int]) -> frozenset[int]:
    """Those of these SLAs that are active. Raises Unavailable."""
    if not ids:
        return frozenset()
    with answering():
        found = database[_SLAS].find({"_id": {"$in": sorted(ids)}, "status": _ACTIVE}, {"_id": 1})
        return frozenset(each["_id"] for each in found)
