"""What the rules of affected SLAs are told of the account's SLAs, offerings, calendars and people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from services.common.context import Context
from services.common.database import answering, insert_missing
from services.slas import documents, store
from services.slas.actions.asking import organizations_of, site_of, supported_by
from services.slas.actions.coverage_groups import groups_of
from services.slas.actions.saving import records
from services.slas.model.affected import Promise, Snapshot, snapshot
from services.slas.model.calendars import Calendar, calendar_of
from services.slas.model.coverage import Asking, Group, chosen_in
from services.slas.model.offerings import CALENDARS, FOLLOW_UP, SCHEMES
from services.slas.model.shapes import parents_of

_REMEMBERED = 200


def above(context: Context, instance_ids: Collection[int]) -> frozenset[int]:
    """All service instances above these in the hierarchy, as it is now."""
    instances = context.database[store.SERVICE_INSTANCES]
    level = set(instance_ids)
    found: set[int] = set()
    while level:
        with answering():
            edges = list(instances.find({"_id": {"$in": sorted(level)}}, {"parents": 1, "agreed_parents": 1}))
        level = {edge["service_instance_id"] for each in edges for edge in parents_of(each)} - found
        found |= level
    return frozenset(found)


def promises(context: Context, instance_ids: Collection[int]) -> list[Promise]:
    """The account's own SLAs for these service instances."""
    if not instance_ids:
        return []
    about = {"service_instance_id": {"$in": sorted(instance_ids)}, "account": None, "discarded": None}
    found = list(records(context, "sla").find(about))
    groups = groups_of(context, [record.state for record in found])
    return [_promise(record.id, record.state, groups) for record in found]


def asking(context: Context, person_id: int | None, among: Iterable[Promise]) -> Asking:
    """Who asked, as far as these SLAs want to know it. Raises Unavailable."""
    among = list(among)
    own = [promise for promise in among if promise.agreement is None]
    if person_id is None or not among:
        return Asking()
    covered = {id for promise in own for id in promise.service_instance_ids}
    teams = context.copies.find("team", {"member_ids": person_id}) if covered else ()
    covering: list[Promise | Group] = [*own, *(group for promise in own for group in promise.groups)]
    by_organization = len(own) < len(among) or any(each.organization_ids for each in covering)
    by_site = any(each.site_ids for each in covering)
    return Asking(
        requester_id=person_id,
        organization_ids=organizations_of(context, person_id) if by_organization else (),
        site_id=site_of(context, person_id) if by_site else None,
        supported_instance_ids=supported_by(context, frozenset(team["id"] for team in teams), covered),
    )


def terms(context: Context, sla_id: int, level: str | None) -> Snapshot:
    """An SLA's terms for a level as they are now. Raises Unavailable."""
    sla = records(context, "sla").get(sla_id).state
    offering = records(context, "service_offering").get(sla["service_offering_id"]).state
    instance = records(context, "service_instance").get(sla["service_instance_id"]).state
    wanted = {offering[name] for name in CALENDARS if offering.get(name)}
    calendars = {id: _calendar(context, id) for id in wanted}
    service = records(context, "service").get(instance["service_id"]).state
    account = context.copies.get("account", context.account) or {}
    provider = instance.get("provider_id")
    supplier = None if provider == account.get("organization_id") else provider
    owner = service.get("service_owner_id")
    return snapshot(level, offering, instance, calendars, supplier, owner, _led_to(context, offering, level))


def _led_to(context: Context, offering: Mapping[str, Any], level: str | None) -> dict[str, Mapping[str, Any]]:
    """The schemes of a level, and the follow-up, that an offering leads to; disabled ones too."""
    kinds = {name: "sla_notification_scheme" for name in SCHEMES if name.endswith(f"_{level}_id")}
    kinds[FOLLOW_UP] = "waiting_for_customer_follow_up"
    return {
        name: records(context, kind).get(offering[name]).state
        for name, kind in kinds.items()
        if offering.get(name)
    }


def keep(context: Context, taken: Snapshot) -> None:
    """Keeps the calendars of a snapshot, before anything is saved that counts by them. Raises
    Unavailable."""
    for calendar in {taken.terms.support_hours, taken.service_hours}:
        document = documents.calendar_document(calendar)
        if document["_id"] not in _remembered(context):
            with answering():
                insert_missing(context.database[store.CALENDAR_SNAPSHOTS], [document])
            _remember(context, document["_id"], calendar)


def kept_calendar(context: Context, hash: str) -> Calendar:
    """The snapshot of a calendar. Raises Unavailable."""
    known = _remembered(context).get(hash)
    if known is None:
        with answering():
            found = context.database[store.CALENDAR_SNAPSHOTS].find_one({"_id": hash})
        assert found is not None, "kept before anything counts by it"
        known = documents.read_calendar(found)
        _remember(context, hash, known)
    return known


def _remembered(context: Context) -> dict[str, Calendar]:
    remembered: dict[str, Calendar] = context.kept.setdefault("calendar_snapshots", {})
    return remembered


def _remember(context: Context, hash: str, calendar: Calendar) -> None:
    known = _remembered(context)
    while len(known) >= _REMEMBERED:
        known.pop(next(iter(known)), None)
    known[hash] = calendar


def _calendar(context: Context, id: int) -> Calendar:
    holidays = {"calendar_id": id, "disabled": False}
    of_calendar = (record.state for record in records(context, "holiday").find(holidays))
    return calendar_of(records(context, "calendar").get(id).state, of_calendar)


def _promise(id: int, sla: Mapping[str, Any], groups: Mapping[int, Group]) -> Promise:
    return Promise(
        id=id,
        status=sla["status"],
        service_instance_id=sla["service_instance_id"],
        agreement=sla["thread"]["id"] if sla.get("thread") else None,
        customer_id=sla.get("customer_id"),
        **chosen_in(sla, groups),
    )
