"""What the lists of this service offer: fields, filters, orders, and the predefined filters of 4me."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from services.common.actor import Actor
from services.common.listing import Field, Kind, Listing
from services.common.listing.usual import EXACT, ID, TIME, TIMES, numbered
from services.requests.model import Category, Impact, Medium, Status, Visibility
from services.requests.model.access import Viewer

Filter = Mapping[str, Any]


def _text(path: str) -> Field:
    return Field(path, Kind.TEXT, filterable=True, sortable=True)


def _reference(path: str, sortable: bool = False) -> Field:
    return Field(path, Kind.REFERENCE, filterable=True, sortable=sortable)


def _one_of(choices: type[StrEnum], path: str = "") -> Field:
    return Field(path, Kind.ENUM, filterable=True, sortable=True, choices=frozenset(choices))


def _mine(viewer: Actor) -> Filter:
    """Requested by or for the viewer. Somebody without an id (the account itself) has none."""
    return {"$or": [{"requested_by.id": viewer.person_id}, {"requested_for.id": viewer.person_id}]}


def related(viewer: Viewer) -> Filter:
    """The requests that a person has to do with, whatever his roles let him see besides: the rule
    `model.access.relation` as a filter. Each of its ways has an index.
    """
    ways: list[Filter] = [{"requested_by.id": viewer.person_id}, {"requested_for.id": viewer.person_id}]
    if viewer.key_contact_of:
        ways.append({"organization.id": {"$in": sorted(viewer.key_contact_of)}})
    if viewer.sla_ids:
        ways.append({"sla_ids": {"$in": sorted(viewer.sla_ids)}})
    if viewer.agreements:
        ways.append({"below.agreement": {"$in": sorted(viewer.agreements)}})
    return {"$or": ways}


#: 4me's view of self service for key contacts and customer representatives.
ALL_REQUESTS = "all_requests"

REQUESTS = Listing(
    fields={
        "id": ID,
        "source": EXACT,
        "sourceID": _text("source_id"),
        "subject": _text("core.subject"),
        "category": _one_of(Category, "core.category"),
        "impact": _one_of(Impact, "core.impact"),
        "status": _one_of(Status),
        "next_target_at": Field(kind=Kind.TARGET, filterable=True, sortable=True),
        "completed_at": TIME,
        "team": _reference("team.id", sortable=True),
        "member": _reference("member.id", sortable=True),
        "service_instance": _reference("service_instance.id", sortable=True),
        "requested_by": _reference("requested_by.id"),
        "requested_for": _reference("requested_for.id"),
        "created_by": _reference("created_by.id"),
        "organization": _reference("organization.id"),
        "supplier": _reference("supplier.id"),
        "supplier_requestID": Field("supplier_request_id", Kind.TEXT, filterable=True),
        **TIMES,
    },
    also=(
        "requester",
        "completion_reason",
        "waiting_until",
        "desired_completion_at",
        "downtime_start_at",
        "downtime_end_at",
        "response_target_at",
        "resolution_target_at",
        "requester_resolution_target_at",
        "customer_resolution_target_at",
        "resolution_duration",
        "assignment_count",
        "reopen_count",
        "urgent",
        "provider_not_accountable",
        "provider_was_not_accountable",
        "flags",
        "account",
        "told_at",
        "note_count",
        "actions",
    ),
    default_fields=(
        "id",
        "sourceID",
        "subject",
        "category",
        "impact",
        "status",
        "next_target_at",
        "completed_at",
        "team",
        "member",
        "service_instance",
        "created_at",
        "updated_at",
    ),
    predefined={
        "completed": {"live": False},
        "open": {"live": True},
        "requested_by_or_for_me": _mine,
        "assigned_to_my_team": lambda viewer: {"team.id": {"$in": sorted(viewer.team_ids)}, "live": True},
        "sla_accountability": lambda viewer: {
            "accountable_team_ids": {"$in": sorted(viewer.team_ids)},
            "live": True,
        },
        "assigned_to_me": lambda viewer: {"member.id": viewer.person_id, "live": True},
        ALL_REQUESTS: {},  # those that the viewer has to do with (`related`): whoever lists looks
        "requests_of_my_organization": lambda viewer: {"organization.id": viewer.organization_id or 0},
        "waiting_for_me": lambda viewer: {**_mine(viewer), "status": Status.WAITING_FOR_CUSTOMER.value},
        # 4me leaves out what has a problem or was reviewed; there are no problems to link here.
        "problem_management_review": {
            "live": False,
            "core.category": Category.INCIDENT.value,
            "core.impact": {"$in": [Impact.TOP.value, Impact.HIGH.value]},
        },
    },
    search_path="search",
)

NOTES = Listing(
    fields={
        "id": ID,
        "request": _reference("request_id"),
        "person": _reference("person.id"),
        "medium": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(Medium)),
        "created_at": TIME,
    },
    also=("text", "internal", "internal_account", "account", "attachments"),
    default_fields=(
        "id",
        "text",
        "person",
        "created_at",
        "medium",
        "internal",
        "internal_account",
        "account",
        "attachments",
    ),
    predefined={
        "public": {"visibility": Visibility.END_USER.value},
        "internal": {"visibility": {"$in": [Visibility.SPECIALIST.value, Visibility.AUDIT.value]}},
    },
)

NOTE_ATTACHMENTS = numbered(
    "name", "uri", "key", "inline", "size", "state", "refused", "offered", "note", "created_at"
)

HANDOVERS = Listing(
    fields={
        "id": ID,
        "request": _reference("_id"),
        "status": _one_of(Status),
        "partner": Field("threads.partner", Kind.TEXT, filterable=True, many=True, shown=False),
        **TIMES,
    },
    also=("holder", "origin", "core_version", "customer", "providers", "flags"),
    default_fields=("id", "request", "status", "holder", "customer", "providers", "created_at", "updated_at"),
)
