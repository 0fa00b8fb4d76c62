"""Whether what a record refers to is there, is ours, and may be used.

Records of organizations are looked up in the copies. A copy may be a moment old: before a refusal it is
refreshed once and looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.common.context import Context
from services.common.errors import Invalid
from services.slas.actions.saving import records
from services.slas.model.coverage import DISCONTINUED
from services.slas.model.offerings import CALENDARS, FOLLOW_UP, SCHEMES

Fields = Mapping[str, Any]
Fault = Callable[[str, Mapping[str, Any] | None], str | None]

# Field → kind of record, for those that organizations owns.
OF_ORGANIZATIONS: Mapping[str, str] = {
    "provider_id": "organization",
    "customer_id": "organization",
    "organization_ids": "organization",
    "site_ids": "site",
    "support_team_id": "team",
    "first_line_team_id": "team",
    "service_desk_team_id": "team",
    "people_ids": "person",
    "customer_representative_ids": "person",
    "major_incident_manager_ids": "person",
    "service_level_manager_id": "person",
    "service_owner_id": "person",
    "availability_manager_id": "person",
    "capacity_manager_id": "person",
    "change_manager_id": "person",
    "continuity_manager_id": "person",
    "knowledge_manager_id": "person",
    "problem_manager_id": "person",
    "release_manager_id": "person",
}
OF_OURS: Mapping[str, str] = {
    "service_id": "service",
    "service_instance_id": "service_instance",
    "service_offering_id": "service_offering",
    "service_instance_ids": "service_instance",
    "coverage_group_ids": "sla_coverage_group",
    "calendar_id": "calendar",
    "support_hours_id": "calendar",
    **dict.fromkeys(CALENDARS, "calendar"),
    **dict.fromkeys(SCHEMES, "sla_notification_scheme"),
    FOLLOW_UP: "waiting_for_customer_follow_up",
}


def own(kind: str, record: Mapping[str, Any] | None) -> str | None:
    """What is wrong with referring to the record: it must be there, our own, and in use."""
    if (fault := known(kind, record)) is not None:
        return fault
    assert record is not None
    if record.get("account") is not None:
        return f"belongs to account {record['account']['id']}; choose one of your own"
    return None


def known(kind: str, record: Mapping[str, Any] | None) -> str | None:
    """As `own`, but it may be a partner's."""
    if record is None:
        return f"there is no {_called(kind)} with this id"
    if record.get("disabled"):
        return f"the {_called(kind)} is disabled"
    if record.get("status") == DISCONTINUED:
        return f"the {_called(kind)} is discontinued"
    return None


def _called(kind: str) -> str:
    return kind.replace("_", " ").replace("sla ", "SLA ")


def there(kind: str, record: Mapping[str, Any] | None) -> str | None:
    """As `own`, but it may be disabled: what refers to it already goes on needing it."""
    return known(kind, None if record is None else {**record, "disabled": False})


def of_account(account: str) -> Fault:
    """As `own`, but of that partner's account."""

    def fault(kind: str, record: Mapping[str, Any] | None) -> str | None:
        if (wrong := known(kind, record)) is not None:
            return wrong
        assert record is not None
        if (record.get("account") or {}).get("id") != account:
            return f"does not belong to account {account}"
        return None

    return fault


def check(context: Context, state: Fields, fields: Fields, faults: Mapping[str, Fault] | None = None) -> None:
    """Every reference in `fields` that `state` does not have yet. `faults` says by field what is wrong with a
    record, where it is not `own`. Raises Invalid with all that is wrong; Unavailable when it cannot be told.
    """
    errors: list[tuple[str, str]] = []
    for field, value in fields.items():
        kind = OF_ORGANIZATIONS.get(field) or OF_OURS.get(field)
        if kind is None or value is None:
            continue
        fault = (faults or {}).get(field, own)
        if isinstance(value, list):
            new = [id for id in value if id not in (state.get(field) or ())]
            errors += faults_among(context, field, kind, new, fault)
        elif value != state.get(field) and (text := _fault(context, kind, value, fault)) is not None:
            errors.append((field, text))
    if errors:
        raise Invalid(errors=errors)


def faults_among(
    context: Context, field: str, kind: str, ids: Iterable[int], fault: Fault = own
) -> list[tuple[str, str]]:
    """What is wrong with each of the records, as errors of `field`. Raises Unavailable."""
    found = [(id, _fault(context, kind, id, fault)) for id in ids]
    return [(field, f"{id}: {text}") for id, text in found if text is not None]


def _fault(context: Context, kind: str, id: int, fault: Fault) -> str | None:
    if kind in OF_OURS.values():
        record = records(context, kind).find_one({"_id": id})
        return fault(kind, record.state if record else None)
    text = fault(kind, context.copies.get(kind, id))
    return None if text is None else fault(kind, context.copies.refresh(kind, id))
