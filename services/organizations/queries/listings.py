"""What the lists of this service offer: fields, filters, orders, and the predefined filters of 4me."""

from __future__ import annotations

from typing import Any, Final

from services.common.listing import Field, Kind, Listing
from services.common.listing.usual import (
    ENABLED,
    EXACT,
    FLAG,
    ID,
    NAMED,
    REFERENCE,
    TEXT,
    TIME,
    TIMES,
    numbered,
)
from services.organizations.model.forms import CATEGORIES
from services.organizations.model.roles import ROLES
from services.organizations.model.shelves import SHELVES, WORDS
from services.organizations.model.trusts import STATES

_CUSTOM = ("ui_extension", "ui_extension_version_id", "custom_fields")

# Own records have no `account`; foreign ones say whose they are.
_OWN = {"account.id": None}
_FOREIGN = {"account.id": {"$gt": ""}}  # a range, which an index answers; "not null" may scan

_SHELVED = {**ENABLED, **{shelf: {"shelf": shelf} for shelf in SHELVES}}

# All Organizations: own ones, and those that an active agreement links here. The others are found by id.
LISTED_ORGANIZATIONS: Final = {"unlisted": None}


def _managed_by_me(viewer: Any) -> dict[str, Any]:
    return {"manager_id": viewer.person_id}


ORGANIZATIONS = Listing(
    fields={
        **NAMED,
        "parent": REFERENCE,
        "manager": REFERENCE,
        "email_domains": Field(kind=Kind.TEXT, filterable=True, many=True),
        "financialID": EXACT,
        "disabled": FLAG,
        **TIMES,
    },
    also=(
        "account",
        "substitute",
        "business_unit",
        "business_unit_organization",
        "region",
        "end_user_privacy",
        "picture_uri",
        "addresses",
        "contacts",
        "remarks",
        "attachments",
        *_CUSTOM,
        *WORDS.values(),
        "card_at",
        "from_account",
        "ours",
    ),
    default_fields=(
        "id",
        "account",
        "sourceID",
        "name",
        "parent",
        "manager",
        "card_at",
        "created_at",
        "updated_at",
    ),
    default_sort="name",
    predefined={
        **_SHELVED,
        "internal": _OWN,
        "directory": _OWN,  # without a directory account, an account is its own
        "external": _FOREIGN,
        "trusted": _FOREIGN,  # `list_organizations` narrows it to accounts that are trusted now
        "managed_by_me": _managed_by_me,
    },
)

PEOPLE = Listing(
    fields={
        "id": ID,
        "name": TEXT,
        "primary_email": Field("email_key", Kind.TEXT, filterable=True, fold=True),
        "supportID": Field("support_key", Kind.TEXT, filterable=True, fold=True),
        "authenticationID": EXACT,
        "employeeID": EXACT,
        "source": EXACT,
        "sourceID": TEXT,
        "organization": REFERENCE,
        "site": REFERENCE,
        "manager": REFERENCE,
        "roles": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(ROLES), many=True, shown=False),
        "disabled": FLAG,
        **TIMES,
    },
    also=(
        "account",
        "job_title",
        "location",
        "work_hours",
        "time_zone",
        "time_format_24h",
        "locale",
        "guest",
        "vip",
        "information",
        "attachments",
        "picture_uri",
        "addresses",
        "contacts",
        "cost_per_hour",
        "cost_per_hour_currency",
        "auto_translation",
        "do_not_translate_languages",
        "exclude_team_notifications",
        "send_email_notifications",
        "show_notification_popup",
        *_CUSTOM,
        *WORDS.values(),
    ),
    default_fields=(
        "id",
        "account",
        "sourceID",
        "name",
        "organization",
        "site",
        "manager",
        "created_at",
        "updated_at",
    ),
    default_sort="name",
    predefined={
        **_SHELVED,
        "internal": _OWN,
        "all_with_roles": {"roles": {"$gt": ""}},  # `?roles=` says which
    },
)

TEAMS = Listing(
    fields={
        **NAMED,
        "coordinator": REFERENCE,
        "manager": REFERENCE,
        "disabled": FLAG,
        **TIMES,
    },
    also=(
        "account",
        "configuration_manager",
        "work_hours",
        "time_zone",
        "picture_uri",
        "remarks",
        "attachments",
        *_CUSTOM,
        *WORDS.values(),
    ),
    default_fields=(
        "id",
        "account",
        "sourceID",
        "name",
        "coordinator",
        "disabled",
        "created_at",
        "updated_at",
    ),
    default_sort="name",
    predefined=_SHELVED,
)

SITES = Listing(
    fields={**NAMED, "country": EXACT, "disabled": FLAG, **TIMES},
    also=(
        "address",
        "city",
        "state",
        "zip",
        "time_zone",
        "picture_uri",
        "remarks",
        "attachments",
        *_CUSTOM,
        *WORDS.values(),
    ),
    default_fields=("id", "sourceID", "name", "country", "disabled", "created_at", "updated_at"),
    default_sort="name",
    predefined=_SHELVED,
)

UI_EXTENSIONS = Listing(
    fields={
        **NAMED,
        "category": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(CATEGORIES)),
        "disabled": FLAG,
        **TIMES,
    },
    also=("title", "description", "active_version", "prepared_version"),
    default_fields=("id", "sourceID", "name", "category", "title", "disabled", "created_at", "updated_at"),
    default_sort="name",
    predefined=ENABLED,
)

UI_EXTENSION_VERSIONS = numbered(
    "number", "status", "fields", "created_at", "updated_at", "activated_at", "archived_at"
)
ADDRESSES = numbered("label", "address", "city", "state", "zip", "country")
CONTACTS = numbered("label", "telephone", "email", "website")

TOKENS = Listing(
    fields={"id": ID, "name": TEXT, "created_at": TIME, "expires_at": TIME, "revoked_at": TIME},
    also=("person", "scopes", "updated_at"),
    predefined={"active": {"revoked_at": None}},
)

TRUSTS = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, filterable=True, sortable=True),
        "status": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(STATES)),
        **TIMES,
    },
    also=(
        "account",
        "domain",
        "role",
        "options",
        "border_address",
        "keys",
        "capabilities",
        "thread",
        "keys_announced_at",
        "keys_refused",
        "credentials_sent_at",
        "credentials_refused",
        "credentials_renewed_at",
        "invitation_expires_at",
        "border_ready_at",
        "accepted_at",
        "suspended_at",
        "ended_at",
        "ended_by",
    ),
    default_fields=("id", "account", "domain", "status", "role", "created_at", "updated_at"),
    default_sort="id",
)
