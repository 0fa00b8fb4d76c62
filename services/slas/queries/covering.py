"""Which SLAs cover a person, as the copies know him and his organization."""

from __future__ import annotations

from typing import Any

from pymongo.database import Database

from services.common.actor import Actor
from services.common.listing import ListQuery, Page, all_of, page
from services.slas import store
from services.slas.model.coverage import Asking, Group, chosen_in, covers, group_of
from services.slas.model.status import ACTIVE
from services.slas.queries.agreements import visible
from services.slas.queries.listings import SLAS
from services.slas.schemas import shown

Document = dict[str, Any]

_MAX_LEVELS = 50
_COVERING = {
    "account": 1,
    "customer_account": 1,
    "coverage": 1,
    "service_instances": 1,
    "organization_ids": 1,
    "site_ids": 1,
    "people_ids": 1,
    "coverage_group_ids": 1,
}


def list_slas_covering_person(
    database: Database[Document], person_id: int, query: ListQuery, viewer: Actor
) -> Page:
    """The active SLAs of which a person of the account is on the customer's side and whose coverage includes
    him: who he is, where he works, or which teams he is in. All active SLAs are looked at.
    """
    active = all_of([{"status": ACTIVE}, visible(viewer)])
    # With a `customer_account` an own SLA is for that account's people.
    slas = [
        each
        for each in database[store.SLAS].find(active, _COVERING)
        if each.get("account") or not each.get("customer_account")
    ]
    groups, asking = _groups(database, slas), _asking(database, person_id)
    found = [each["_id"] for each in slas if covers(_covering(each, groups), asking)]
    among = query.among(found)
    return page(database[store.SLAS], SLAS, among, visible(viewer), viewer=viewer).map(
        lambda each: shown("sla", each)
    )


def _covering(sla: Document, groups: dict[int, Group]) -> Group:
    """What covers whom is the same for an SLA and for a group."""
    return Group(name="", **chosen_in(sla, groups))


def _groups(database: Database[Document], slas: list[Document]) -> dict[int, Group]:
    ids = sorted({id for sla in slas for id in sla.get("coverage_group_ids") or ()})
    found = database[store.COVERAGE_GROUPS].find({"_id": {"$in": ids}}) if ids else ()
    return {each["_id"]: group_of(each) for each in found}


def _asking(database: Database[Document], person_id: int) -> Asking:
    person = database["copy_person"].find_one({"_id": person_id}) or {}
    line: list[int] = []
    next_id = person.get("organization_id")
    while next_id is not None and next_id not in line and len(line) < _MAX_LEVELS:
        line.append(next_id)
        next_id = (database["copy_organization"].find_one({"_id": next_id}) or {}).get("parent_id")
    teams = [each["_id"] for each in database["copy_team"].find({"member_ids": person_id}, {"_id": 1})]
    supported = [
        each["_id"]
        for role in ("support_team_id", "first_line_team_id")
        for each in database[store.SERVICE_INSTANCES].find({role: {"$in": teams}}, {"_id": 1})
    ]
    return Asking(
        requester_id=person_id,
        organization_ids=tuple(line),
        site_id=person.get("site_id"),
        supported_instance_ids=frozenset(supported),
    )
