"""What reports count of a request: `request.recorded`, in the save that it tells of.

    {id, version, at, record, mark, notes}

`version` is the one that the save makes, so who follows keeps the newest `record`, whatever comes twice or
late. `mark` says who has it in which status from then on (`periods`); it is null where the save changes
nothing of that, so the marks of a request are its periods, in the order of their `n`. `notes` are those that
the save adds. It is said when one of the three has changed; nothing that people wrote is in it.

Who follows may also ask for all that was ever said of a request, as one:

    {id, version, at, record, n, marks, notes}

`n` is the number of the newest entry of its history: `marks` are all up to it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from services.requests.model.periods import Held, held_in_turn, held_now
from services.requests.model.request import Request
from services.requests.model.step import HistoryEntry, Step
from services.requests.model.values import Note, Ref
from services.requests.model.wire import read_time


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


def recorded_whole(
    request: Request, history: Sequence[HistoryEntry], notes: Iterable[Note]
) -> dict[str, Any]:
    """All that was said of a request; `history` and `notes` are all that it has in its version."""
    return {
        "id": request.id,
        "version": request.version,
        "at": request.updated_at,
        "record": record_of(request),
        "n": request.history_count,
        "marks": marks_of(history, request.account, request.above.partner if request.above else None),
        "notes": [note_of(note) for note in notes],
    }


def marks_of(history: Sequence[HistoryEntry], account: str, customer: str | None) -> list[dict[str, Any]]:
    """The marks that the saves of a whole history brought, in their order.

    The entries of a save are of one moment, and its mark has the number of the last of them. So of two saves
    within a millisecond the mark of the later one stands: the earlier held for no time.
    """
    last: dict[int, int] = {}
    for _, entries in groupby(history, key=lambda entry: entry.at):
        numbers = [entry.n for entry in entries]
        last |= dict.fromkeys(numbers, numbers[-1])
    found: dict[int, dict[str, Any]] = {}
    completed = None
    for entry, held in held_in_turn(history, account, customer):
        completed = entry.changes.get("completed_at", [None, completed])[1]
        n = last[entry.n]
        found[n] = _mark(n, entry.at, held, read_time(completed))
    marks: list[dict[str, Any]] = []
    for mark in found.values():
        if not marks or _moved(mark, marks[-1]):
            marks.append(mark)
    return marks


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
    return _mark(request.history_count, request.updated_at, held_now(request), request.completed_at)


def note_of(note: Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "created_at": note.created_at,
        "medium": note.medium.value,
        "internal": not note.public,
        "account": note.account,
        "person_id": _id(note.person),
    }


def _mark(n: int, at: datetime, held: Held, completed_at: datetime | None) -> dict[str, Any]:
    return {
        "n": n,
        "at": at,
        "account": held.account,
        "team_id": held.team_id,
        "status": held.status,
        "completed_at": completed_at,
    }


def _moved(mark: dict[str, Any], before: dict[str, Any]) -> bool:
    return {**mark, "n": 0, "at": None} != {**before, "n": 0, "at": None}


def _id(ref: Ref | None) -> int | None:
    return None if ref is None else ref.id
