"""The kinds of records that others refer to, who owns them, and who is behind a token."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.context import Databases
from gateway.references import Kind, Reference
from gateway.sessions import Found
from gateway.tokens import EVERY_SCOPE, Holder
from services.common.actor import Actor
from services.organizations import queries as organizations
from services.reporting import queries as reporting
from services.requests import queries as requests
from services.slas import queries as slas

KINDS = (
    Kind("person", "organizations", "Person", organizations.references),
    Kind("team", "organizations", "Team", organizations.references),
    Kind("site", "organizations", "Site", organizations.references),
    Kind("organization", "organizations", "Organization", organizations.references),
    Kind("ui_extension", "organizations", "UiExtension", organizations.references),
    Kind("service", "slas", "Service", slas.references),
    Kind("service_instance", "slas", "ServiceInstance", slas.references),
    Kind("service_offering", "slas", "ServiceOffering", slas.references),
    Kind("sla", "slas", "Sla", slas.references),
    Kind("sla_coverage_group", "slas", "SlaCoverageGroup", slas.references),
    Kind("calendar", "slas", "Calendar", slas.references),
    Kind("sla_notification_scheme", "slas", "SlaNotificationScheme", slas.references),
    Kind("waiting_for_customer_follow_up", "slas", "WaitingForCustomerFollowUp", slas.references),
    Kind("request", "requests", "Req", requests.references, label="subject"),
    Kind("report", "reporting", "Report", reporting.references),
)


def references(kind: str, *names: str) -> dict[str, Reference]:
    """Fields `<name>_id` that refer to one record of a kind."""
    return {f"{name}_id": Reference(name, kind) for name in names or (kind,)}


def find_holder(databases: Databases, account: str, token_hash: str, now: datetime) -> Holder | None:
    """The person behind a token, by its SHA-256; None when it is not good (any more)."""
    found: dict[str, Any] | None = organizations.token_owner(databases["organizations"], token_hash, now)
    if found is None:
        return None
    actor = _actor(found["person"], account)
    return Holder(actor, frozenset(found["scopes"]), token_hash, found["token_id"])


def find_session(databases: Databases, account: str, sha256: str, now: datetime) -> Found | None:
    """Who has signed in, by the SHA-256 of the session's id; None when it has ended."""
    found: dict[str, Any] | None = organizations.session_owner(databases["organizations"], sha256, now)
    if found is None:
        return None
    return Holder(_actor(found["person"], account), EVERY_SCOPE, sha256, None), found["due"]


def _actor(person: dict[str, Any], account: str) -> Actor:
    return Actor(
        person_id=person["id"],
        account=account,
        roles=frozenset(person["roles"]),
        team_ids=frozenset(person["team_ids"]),
        organization_id=person["organization_id"],
        name=person["name"],
    )
