"""What reports count of a request: `request.recorded`, in the save that it tells of.

    {id, version, at, record, mark, notes}

`version` is the one that the save makes, so who follows keeps the newest `record`, whatever comes twice or
late. `mark` says who has it in which status from then on (`periods`); it is null where the save changes
nothing of that, so the marks of a request are its periods, in the order of their `n`. `notes` are those that
the save adds. It is said when one of the three has changed; nothing that people wrote is in it.
"""

from typing import Any

from services.requests.model.periods import held_now
from services.requests.model.request import Request
from services.requests.model.step import Step
from services.requests.model.values import Note, Ref


def recorded(step: Step, before: Request | None) -> tuple[dict[str, Any], ...]:
    """The event's body; nothing where nothing of it has changed. `before`: as it was loaded."""
    record, mark = record_of(step.request), mark_of(step.request)
    notes = [note_of(note) for note in step.notes]
    version = 1 if before is None else before.version + 1
    told = {"id": step.request.id, "version": version, "at": step.request.updated_at, "record": record}
    if before is None:
        return ({**told, "mark": mark, "notes": notes},)
    moved = _moved(mark, mark_of(before))
    if moved or notes or record != record_of(before):
        return ({**told, "mark": mark if moved else None, "notes": notes},)
    return ()


def record_of(request: Request) -> dict[str, Any]:
    """The names are those of the API; `customer` is the account that handed it over."""
    core = request.core
    return {
        "status": request.status.value,
        "category": core.category.value,
        "impact": core.impact.value if core.impact else None,
        "completion_reason": request.completion_reason.value if request.completion_reason else None,
        "team_id": _id(request.team),
        "member_id": _id(request.member),
        "service_instance_id": _id(request.service_instance),
        "organization_id": _id(request.organization),
        "supplier_id": _id(request.supplier),
        "customer": request.above.partner if request.above else None,
        "reopen_count": request.reopen_count,
        "created_at": request.created_at,
        "completed_at": request.completed_at,
    }


def mark_of(request: Request) -> dict[str, Any]:
    """Who has it now; `n` is that of the newest entry of its history."""
    held = held_now(request)
    return {
        "n": request.history_count,
        "at": request.updated_at,
        "account": held.account,
        "team_id": held.team_id,
        "status": held.status,
        "completed_at": request.completed_at,
    }


def note_of(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "created_at": note.created_at,
        "medium": note.medium.value,
        "internal": not note.public,
        "account": note.account,
        "person_id": _id(note.person),
    }


def _moved(mark: dict[str, Any], before: dict[str, Any]) -> bool:
    return {**mark, "n": 0, "at": None} != {**before, "n": 0, "at": None}


def _id(ref: Ref | None) -> int | None:
    return None if ref is None else ref.id
