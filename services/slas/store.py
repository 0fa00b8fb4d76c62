"""The documents of this service, their collections and indexes, and what of them other services hold copies
of.

services            `_id` an integer; foreign ones carry `account {id, name}` and `remote_id`
service_offerings   likewise; `calendar_ids` are all calendars that its hours lead to
service_instances   likewise; `parents` are the edges that were drawn, `agreed_parents` those that follow from
                    SLAs with coverage `service_instances`; `offered` is false for a partner's instance that
                    no active SLA under an active trust allows; `provider_id` is that of its service
sla_coverage_groups whom several SLAs cover, chosen once
calendars           `calendar_hours`, `exceptions`; a zone is what uses them has
holidays            each of one calendar (`calendar_id`), at local times, kept as text (`yyyy-mm-ddThh:mm`)
sla_notification_schemes, waiting_for_customer_follow_ups
                    each with its `rules`
slas                own ones (the provider's side) and foreign ones (the customer's side, `account` is the
                    provider's). One between accounts holds its agreement thread (`thread`, with both
                    positions) and the announcement the two sides agree on: `told` here, `heard` on a
                    foreign one. `due_on` is the first day on which its dates move its status. `discarded`
                    marks what is left of an offer that a person discarded: a thread without an agreement.
flsas               likewise, without `service_instances`
affected_slas       one per request and SLA, as `documents` has it: the terms, the clock, the alarms that were
                    `raised`, and what was `said` to a customer who does not answer. `situation`: `{n, at}` of
                    the last one that changed it. `due`: when the next of these falls due; absent without any
situations          `_id` a request's: `n` and `at` of the situation that its affected SLAs are in; by what it
                    was decided which they are (`placed`), and the service instances `above`; what it `shows`
                    of its targets; `missing_since` while a later one waits for one between
calendar_snapshots  `_id` the SHA-256 of what a calendar says with its holidays; never changed
counted             `clocks`: how many of them are in which state, as they were counted last

`origin` is the source and sourceID a record was made from: the second try to make it finds the first one.
`remote` names a foreign record by its account and its id there: it is introduced once.
Days are kept as text (`yyyy-mm-dd`), times as dates in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.database import Database

from services.common.context import Context
from services.common.idempotency import KEYS
from services.common.store import LISTED, Collection, Index, Record, Records
from services.federation.threads import Thread

Document = dict[str, Any]

SERVICES: Final = "services"
SERVICE_INSTANCES: Final = "service_instances"
SERVICE_OFFERINGS: Final = "service_offerings"
SLAS: Final = "slas"
COVERAGE_GROUPS: Final = "sla_coverage_groups"
CALENDARS: Final = "calendars"
HOLIDAYS: Final = "holidays"
NOTIFICATION_SCHEMES: Final = "sla_notification_schemes"
FOLLOW_UPS: Final = "waiting_for_customer_follow_ups"
FLSAS: Final = "flsas"
AFFECTED_SLAS: Final = "affected_slas"
SITUATIONS: Final = "situations"
CALENDAR_SNAPSHOTS: Final = "calendar_snapshots"
COUNTED: Final = "counted"

# What the account's own services call the records of each collection.
KINDS: Final[Mapping[str, str]] = {
    "service": SERVICES,
    "service_instance": SERVICE_INSTANCES,
    "service_offering": SERVICE_OFFERINGS,
    "sla": SLAS,
    "flsa": FLSAS,
    "sla_coverage_group": COVERAGE_GROUPS,
    "calendar": CALENDARS,
    "holiday": HOLIDAYS,
    "sla_notification_scheme": NOTIFICATION_SCHEMES,
    "waiting_for_customer_follow_up": FOLLOW_UPS,
}

# SLAs and FLSAs: what is between two parties, of whom one may be another account.
AGREEMENTS: Final = ("sla", "flsa")
_OF_AGREEMENTS: Final = (
    *LISTED,
    Index(["status", "_id"]),
    Index(["status", "name", "_id"]),
    Index(["customer_id", "name", "_id"]),
    Index(["customer_account.id", "name", "_id"]),
    Index(["customer_representative_ids", "name", "_id"]),
    Index(["start_date", "_id"]),
    Index(["notice_date", "_id"]),
    Index(["expiry_date", "_id"]),
    Index("due_on", sparse=True),
    Index("unanswered.message"),
    Index("thread.id", unique=True, sparse=True),
)

COLLECTIONS: Final = (
    Collection(
        SERVICES,
        (
            *LISTED,
            Index(["disabled", "name", "_id"]),
            Index(["provider_id", "name", "_id"]),
            Index(["support_team_id", "name", "_id"]),
        ),
    ),
    Collection(
        SERVICE_INSTANCES,
        (
            *LISTED,
            Index(["offered", "name", "_id"]),
            Index(["offered", "_id"]),
            Index("account.id", sparse=True),
            Index(["status", "_id"]),
            Index(["status", "name", "_id"]),
            Index(["service_id", "name", "_id"]),
            Index(["support_team_id", "name", "_id"]),
            Index(["first_line_team_id", "name", "_id"]),
            Index("parents.service_instance_id"),
            Index("agreed_parents.service_instance_id"),
            Index("agreed_parents.sla_id"),
        ),
    ),
    Collection(
        SERVICE_OFFERINGS,
        (
            *LISTED,
            Index(["status", "_id"]),
            Index(["status", "name", "_id"]),
            Index(["service_id", "name", "_id"]),
            Index(["calendar_ids", "name", "_id"]),
        ),
    ),
    Collection(COVERAGE_GROUPS, (*LISTED, Index(["disabled", "name", "_id"]), Index(["coverage", "_id"]))),
    Collection(CALENDARS, (*LISTED, Index(["disabled", "name", "_id"]))),
    Collection(NOTIFICATION_SCHEMES, (*LISTED, Index(["disabled", "name", "_id"]))),
    Collection(FOLLOW_UPS, (*LISTED, Index(["disabled", "name", "_id"]))),
    Collection(
        HOLIDAYS,
        (
            *LISTED,
            Index(["disabled", "start_at", "_id"]),
            Index(["start_at", "_id"]),
            Index(["end_at", "_id"]),
            Index(["calendar_id", "start_at", "name"], unique=True),
        ),
    ),
    Collection(
        SLAS,
        (
            *_OF_AGREEMENTS,
            Index(["coverage", "_id"]),
            Index(["service_instance_id", "name", "_id"]),
            Index(["service_offering_id", "name", "_id"]),
            Index(["service_level_manager_id", "name", "_id"]),
            Index(["site_ids", "name", "_id"]),
            Index("service_instances.service_instance_id"),
        ),
    ),
    Collection(
        FLSAS,
        (
            *_OF_AGREEMENTS,
            Index(["provider_id", "name", "_id"]),
            Index(["service_desk_team_id", "name", "_id"]),
        ),
    ),
    Collection(
        AFFECTED_SLAS,
        (
            Index(["request_id", "sla_id"], unique=True),
            Index("due", sparse=True),
            Index("ended_at"),
            Index(["sla_id", "_id"]),
            Index(["service_instance_id", "_id"]),
            Index(["accountability", "_id"]),
            Index(["resolution_target_at", "_id"]),
            Index(["created_at", "_id"]),
            Index(["updated_at", "_id"]),
        ),
    ),
    Collection(SITUATIONS),
    Collection(CALENDAR_SNAPSHOTS, records=False),
    Collection(COUNTED, records=False),
    KEYS,
)
_BY_NAME: Final = {collection.name: collection for collection in COLLECTIONS}


def records(context: Context, collection: str) -> Records:
    return Records(context, _BY_NAME[collection])


def ensure_indexes(database: Database[Document]) -> None:
    for collection in COLLECTIONS:
        collection.ensure(database)


def of_thread(context: Context, partner: str, thread: str) -> tuple[str, Record] | None:
    """The agreement that holds a thread with this partner, and its kind: threads are found only so."""
    wanted = {"thread.id": thread, "thread.partner": partner}
    for kind in AGREEMENTS:
        if (record := records(context, KINDS[kind]).find_one(wanted)) is not None:
            return kind, record
    return None


def thread_of(sla: Mapping[str, Any]) -> Thread | None:
    """The agreement thread in an SLA's or FLSA's document, with both positions; None for one within the
    account."""
    return Thread.from_document(sla["thread"]) if sla.get("thread") else None
