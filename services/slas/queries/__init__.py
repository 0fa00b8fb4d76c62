"""The read side: what may be asked, as plain functions over a read-only database handle.

What comes out are dicts with `<reference>_id` fields, as `schemas` lets them out, and `version`; who serves
the API makes references of them. Everybody of the account may know its services, service instances and
offerings. SLAs and FLSAs are for those who work for the account, and for their customer representatives.
Raises NotFound for what is not there or not to be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from pymongo.database import Database

from services.common import audit, history
from services.common.actor import Actor
from services.common.listing import Listing, ListQuery, Page, all_of, page, page_at_hand
from services.slas.holidays.icalendar_written import written_icalendar
from services.slas.model.shapes import parents_of
from services.slas.queries.affected import (
    count_support_hours,
    get_affected_sla,
    list_affected_slas,
    list_affected_slas_of_request,
)
from services.slas.queries.agreement_listings import COVERAGE_GROUPS, DISCLOSURES, FLSAS
from services.slas.queries.agreements import (
    get_coverage_group,
    get_flsa,
    get_sla,
    list_coverage_groups,
    list_flsas,
    list_slas,
    list_slas_of_customer,
    list_slas_of_service,
    list_slas_of_service_instance,
    list_slas_of_site,
    one,
    visible,
)
from services.slas.queries.covering import list_slas_covering_person
from services.slas.queries.listings import (
    AFFECTED_SLAS,
    CALENDAR_HOURS,
    CALENDARS,
    FOLLOW_UPS,
    HOLIDAYS,
    NOTIFICATION_SCHEMES,
    SERVICE_INSTANCES,
    SERVICE_OFFERINGS,
    SERVICES,
    SLAS,
)
from services.slas.schemas import shown
from services.slas.store import AGREEMENTS, KINDS

__all__ = [
    "CALENDAR_HOURS",
    "DISCLOSURES",
    "LISTINGS",
    "count_support_hours",
    "get_affected_sla",
    "get_audit",
    "get_calendar",
    "get_coverage_group",
    "get_flsa",
    "get_holiday",
    "get_icalendar",
    "get_service",
    "get_service_instance",
    "get_service_offering",
    "get_sla",
    "get_sla_notification_scheme",
    "get_waiting_for_customer_follow_up",
    "list_affected_slas",
    "list_affected_slas_of_request",
    "list_calendar_hours",
    "list_calendars",
    "list_children",
    "list_coverage_groups",
    "list_flsas",
    "list_holidays",
    "list_holidays_of_calendar",
    "list_instances_of_service",
    "list_instances_of_team",
    "list_offerings_of_calendar",
    "list_offerings_of_service",
    "list_parents",
    "list_service_instances",
    "list_service_offerings",
    "list_services",
    "list_sla_notification_schemes",
    "list_slas",
    "list_slas_covering_person",
    "list_slas_of_customer",
    "list_slas_of_service",
    "list_slas_of_service_instance",
    "list_slas_of_site",
    "list_waiting_for_customer_follow_ups",
    "references",
]

Document = dict[str, Any]

LISTINGS: Mapping[str, Listing] = {
    "services": SERVICES,
    "service_instances": SERVICE_INSTANCES,
    "service_offerings": SERVICE_OFFERINGS,
    "slas": SLAS,
    "flsas": FLSAS,
    "sla_coverage_groups": COVERAGE_GROUPS,
    "calendars": CALENDARS,
    "holidays": HOLIDAYS,
    "sla_notification_schemes": NOTIFICATION_SCHEMES,
    "waiting_for_customer_follow_ups": FOLLOW_UPS,
    "affected_slas": AFFECTED_SLAS,
}


def list_services(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["services"], SERVICES, query, viewer=viewer).map(_service)


def get_service(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _service(one(database["services"].find_one({"_id": id})))


def list_service_offerings(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["service_offerings"], SERVICE_OFFERINGS, query, viewer=viewer).map(_offering)


def get_service_offering(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _offering(one(database["service_offerings"].find_one({"_id": id})))


def list_service_instances(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    """Own service instances, and those of partners that an active SLA and an active trust allow."""
    return _instances(database, query, {}, viewer)


def get_service_instance(database: Database[Document], id: int, viewer: Actor) -> Document:
    """Also one of a partner's whose SLA has ended: requests may still name it."""
    return _instance(one(database["service_instances"].find_one({"_id": id})))


def list_parents(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The service instances that one supports."""
    instance = one(database["service_instances"].find_one({"_id": id}))
    above = sorted({edge["service_instance_id"] for edge in parents_of(instance)})
    among = {"_id": {"$in": above}}
    found = page(database["service_instances"], SERVICE_INSTANCES, query, among, viewer=viewer)
    return found.map(_instance)


def list_children(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The service instances that support one: own ones, and those of partners by active SLAs."""
    instances = database["service_instances"]
    one(instances.find_one({"_id": id}, {"_id": 1}))
    below: set[int] = set()
    for edges in ("parents", "agreed_parents"):
        below.update(
            child["_id"] for child in instances.find({f"{edges}.service_instance_id": id}, {"_id": 1})
        )
    among = {"_id": {"$in": sorted(below)}}
    return page(instances, SERVICE_INSTANCES, query, among, viewer=viewer).map(_instance)


def list_instances_of_service(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    return _instances(database, query, {"service_id": id}, viewer)


def list_instances_of_team(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The service instances that a team supports."""
    return _instances(database, query, {"support_team_id": id}, viewer)


def list_offerings_of_service(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    offerings = database["service_offerings"]
    return page(offerings, SERVICE_OFFERINGS, query, {"service_id": id}, viewer=viewer).map(_offering)


def list_calendars(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["calendars"], CALENDARS, query, viewer=viewer).map(_calendar)


def get_calendar(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _calendar(one(database["calendars"].find_one({"_id": id})))


def list_calendar_hours(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    """The weekly hours of a calendar, numbered from Monday on."""
    calendar = one(database["calendars"].find_one({"_id": id}, {"calendar_hours": 1}))
    hours = [{"id": number, **each} for number, each in enumerate(calendar["calendar_hours"], start=1)]
    return page_at_hand(hours, CALENDAR_HOURS, query)


def list_offerings_of_calendar(
    database: Database[Document], id: int, query: ListQuery, viewer: Actor
) -> Page:
    """The service offerings whose service or support hours a calendar is."""
    offerings = database["service_offerings"]
    return page(offerings, SERVICE_OFFERINGS, query, {"calendar_ids": id}, viewer=viewer).map(_offering)


def list_holidays(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    return page(database["holidays"], HOLIDAYS, query, viewer=viewer).map(_holiday)


def list_holidays_of_calendar(database: Database[Document], id: int, query: ListQuery, viewer: Actor) -> Page:
    return page(database["holidays"], HOLIDAYS, query, {"calendar_id": id}, viewer=viewer).map(_holiday)


def get_holiday(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _holiday(one(database["holidays"].find_one({"_id": id})))


def get_icalendar(database: Database[Document], calendar: Document, domain: str) -> bytes:
    """The holidays of a calendar that are not disabled, as an iCalendar file. `domain`: the account's."""
    wanted = {"calendar_id": calendar["id"], "disabled": False}
    found = database["holidays"].find(wanted, {"name": 1, "start_at": 1, "end_at": 1, "updated_at": 1})
    return written_icalendar(calendar["name"], found.sort([("start_at", 1), ("_id", 1)]), domain)


def list_sla_notification_schemes(database: Database[Document], query: ListQuery, viewer: Actor) -> Page:
    schemes = database["sla_notification_schemes"]
    return page(schemes, NOTIFICATION_SCHEMES, query, viewer=viewer).map(_scheme)


def get_sla_notification_scheme(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _scheme(one(database["sla_notification_schemes"].find_one({"_id": id})))


def list_waiting_for_customer_follow_ups(
    database: Database[Document], query: ListQuery, viewer: Actor
) -> Page:
    follow_ups = database["waiting_for_customer_follow_ups"]
    return page(follow_ups, FOLLOW_UPS, query, viewer=viewer).map(_follow_up)


def get_waiting_for_customer_follow_up(database: Database[Document], id: int, viewer: Actor) -> Document:
    return _follow_up(one(database["waiting_for_customer_follow_ups"].find_one({"_id": id})))


def get_audit(database: Database[Document], id: int, viewer: Actor, kind: str) -> list[Document]:
    """The audit lines (`common.audit`) of a record. Raises NotFound."""
    seen = visible(viewer) if kind in AGREEMENTS else {}
    one(database[KINDS[kind]].find_one(all_of([{"_id": id}, seen]), {"_id": 1}))
    account = database["copy_account"].find_one({"_id": viewer.account}, {"name": 1}) or {}
    entries = history.read(database, KINDS[kind], id)
    return audit.lines(entries, {"id": viewer.account, "name": account.get("name", viewer.account)})


def references(database: Database[Document], kind: str, ids: Iterable[int]) -> dict[int, Document]:
    """{id: {id, name, account?, disabled?, sourceID?}} of the records of one kind that are there."""
    shown = {"name": 1, "account": 1, "disabled": 1, "sourceID": 1}
    found = database[KINDS[kind]].find({"_id": {"$in": sorted(set(ids))}}, shown)
    return {
        each["_id"]: {"id": each["_id"], **{name: each[name] for name in shown if each.get(name)}}
        for each in found
    }


def _instances(database: Database[Document], query: ListQuery, among: Document, viewer: Actor) -> Page:
    offered = {**among, "offered": True}
    found = page(database["service_instances"], SERVICE_INSTANCES, query, offered, viewer=viewer)
    return found.map(_instance)


_service = partial(shown, "service")
_offering = partial(shown, "service_offering")
_instance = partial(shown, "service_instance")
_calendar = partial(shown, "calendar")
_holiday = partial(shown, "holiday")
_scheme = partial(shown, "sla_notification_scheme")
_follow_up = partial(shown, "waiting_for_customer_follow_up")
