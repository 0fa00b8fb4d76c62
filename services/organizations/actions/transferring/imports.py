"""Imports: a file of organizations, people, teams or sites becomes records, or is told what would.

What it promises
    A file that can't be read, or whose columns are not known, changes nothing. Then each line is done by
    itself, in the importer's name and with the roles that he has by then, and what became of it is kept. A
    dry run does the same upon drafts (`drafts.py`), so it says what the real run does to the records as they
    are.

When things fail
    How far an import is, is saved after every few lines, and what a line saved names the line. So whoever
    goes on after a crash knows of each of those few whether it was done: no line is done or counted twice. A
    dry run begins anew. While the database is away, the import waits. What nobody foresaw ends it as `error`.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict, Invalid, NotFound
from services.organizations import pieces, store
from services.organizations.actions.saving import refusing
from services.organizations.actions.transferring import drafts
from services.organizations.actions.transferring.cells import names
from services.organizations.actions.transferring.import_lines import OUTCOMES, Header, Outcome, do, header
from services.organizations.actions.transferring.sheets import SHEETS
from services.organizations.model import csv_lines
from services.organizations.model.import_plan import Names, Plan, Planning
from services.organizations.model.rules import RuleBroken

KEPT: Final = timedelta(days=30)
ARRIVING: Final = timedelta(hours=1)
"""How long a file may take to arrive."""
MAX_WAITING: Final = 20
LINES_AT_ONCE: Final = 25
_PLAN: Final = "import_plan"  # where the service keeps the plan of the import that it is at

Document = dict[str, Any]


def begin_import(context: Context, actor: Actor) -> Document:
    """`{token}` of an import whose file is to come (`add_import_piece`), and what it is (`start_import`).
    Raises Conflict `too_many_imports`.
    """
    now = context.clock.now()
    waiting = {"what": "import", "state": {"$in": ["arriving", "queued", "processing"]}}
    with answering():
        if context.database[store.TRANSFERS].count_documents(waiting) >= MAX_WAITING:
            text = f"{MAX_WAITING} imports wait already. Try again when some of them are done."
            raise Conflict("too_many_imports", text)
    job = {
        "_id": context.new_uuid(),
        "what": "import",
        "state": "arriving",
        "person": {"id": actor.person_id, "name": actor.name},
        "pieces": 0,
        "created_at": now,
        "due": now + ARRIVING,
    }
    with answering():
        context.database[store.TRANSFERS].insert_one(job)
    return {"token": job["_id"]}


def add_import_piece(context: Context, actor: Actor, token: str, n: int, data: bytes) -> None:
    """Takes the next piece of the file, or the last one again. Raises NotFound, Invalid `file_too_large`."""
    job = _arriving(context, actor, token)
    if n not in (job["pieces"], job["pieces"] - 1):
        raise Invalid("piece_out_of_order", "The pieces of a file come one after another.")
    if len(data) > pieces.PIECE_BYTES or n * pieces.PIECE_BYTES + len(data) > pieces.MAX_FILE_BYTES:
        most = pieces.MAX_FILE_BYTES // 1024**2
        told = [("file", f"has more than {most} MB")]
        raise Invalid("file_too_large", f"A file may have {most} MB. Split it.", told)
    pieces.put(context.database, token, n, data)
    _set(context, token, {"pieces": n + 1})


def start_import(context: Context, actor: Actor, token: str, fields: Mapping[str, Any]) -> Document:
    """`{token}`: the file is all here. Raises Forbidden, NotFound, Invalid when it is none of this type."""
    actor.needs(*SHEETS[fields["type"]].roles)
    job = _arriving(context, actor, token) | {
        "type": fields["type"],
        "file": fields["file"],
        "delimiter": fields.get("delimiter", "comma"),
        "dry_run": fields.get("dry_run", False),
        "state": "queued",
        "position": 0,
        "lines": None,
        "results": dict.fromkeys(OUTCOMES, 0),
        "errors": [],
        "due": context.clock.now(),
    }
    try:
        with refusing():
            _header(context, job)
    except Invalid:
        forget_import(context, job)
        raise
    _set(context, token, {name: value for name, value in job.items() if name != "_id"})
    return {"token": token}


def drop_import(context: Context, actor: Actor, token: str) -> None:
    """The rest of its file will not come. One that has begun goes on. Raises Unavailable."""
    with contextlib.suppress(NotFound):
        forget_import(context, _arriving(context, actor, token))


def forget_import(context: Context, job: Document) -> None:
    """Lets go of an import, its file and what became of its lines. Raises Unavailable."""
    pieces.remove(context.database, job["_id"], job["pieces"])
    with answering():
        context.database[store.TRANSFER_LINES].delete_many({"import": job["_id"]})
        context.database[store.TRANSFERS].delete_one({"_id": job["_id"]})


def go_on(context: Context, job: Document, actor: Actor, may_go_on: Callable[[], bool]) -> None:
    """Does lines of an import until it is done, or `may_go_on` says no. Raises RuleBroken when the file can't
    be read, Unavailable.
    """
    try:
        _go_on(context, job, actor, may_go_on)
    except BaseException:
        context.kept.pop(_PLAN, None)  # who goes on looks first what was done
        raise


@dataclass
class _Work:
    """An import as this process has it in memory. `again`: another one may have done its next lines."""

    token: str
    header: Header
    plan: Plan
    again: bool = True


def _go_on(context: Context, job: Document, actor: Actor, may_go_on: Callable[[], bool]) -> None:
    work = _taken_up(context, job)
    context = drafts.drafting(context) if job["dry_run"] else context
    lines = _Lines(context, job)
    total, position = len(work.plan), job["position"]
    results: Counter[str] = Counter(job["results"])
    while position < total and may_go_on():
        places = work.plan.order[position : position + LINES_AT_ONCE]
        done = [(work.plan.lines[place], _done(context, actor, work, job, lines, place)) for place in places]
        position += len(done)
        results.update(outcome.outcome for _, outcome in done)
        _keep(context, job["_id"], done)
        _set(context, job["_id"], {"position": position, "results": dict(results)})
        work.again = False
    if position == total:
        context.kept.pop(_PLAN, None)
        end_import(context, job, "done")


def end_import(context: Context, job: Document, state: str, errors: Sequence[tuple[str, str]] = ()) -> None:
    """Ends an import: `done`, `failed` (refused as a whole) or `error`. Its file is not kept."""
    if job["dry_run"]:
        drafts.drop(context)
    now = context.clock.now()
    told = {"state": state, "errors": [list(each) for each in errors], "ended_at": now, "due": now + KEPT}
    _set(context, job["_id"], told)
    pieces.remove(context.database, job["_id"], job["pieces"])


def _taken_up(context: Context, job: Document) -> _Work:
    """The import in memory, as this process has it or makes it now."""
    work = context.kept.get(_PLAN)
    if work is not None and work.token == job["_id"]:
        return work
    head, plan = _planned(context, job)
    if job["dry_run"]:
        drafts.clear(context)
        job |= {"position": 0, "results": dict.fromkeys(OUTCOMES, 0)}
        with answering():
            context.database[store.TRANSFER_LINES].delete_many({"import": job["_id"]})
    started = job.get("started_at") or context.clock.now()
    _set(context, job["_id"], {"state": "processing", "lines": len(plan), "started_at": started})
    context.kept[_PLAN] = work = _Work(job["_id"], head, plan, again=not job["dry_run"])
    return work


def _planned(context: Context, job: Document) -> tuple[Header, Plan]:
    """Reads the whole file. Raises RuleBroken."""
    head = _header(context, job)
    planning = Planning(head.sheet.above)
    for n, row in enumerate(_rows(context, job)):
        if n:
            planning.take(row, _names(head, row.cells))
    return head, planning.plan()


def _names(head: Header, row: Sequence[str]) -> Names:
    try:
        return names(head.sheet, head.cells(row))
    except RuleBroken:
        return Names(())  # told when the line is done


def _header(context: Context, job: Document) -> Header:
    first = next(_rows(context, job), None)
    if first is None:
        raise RuleBroken("file_empty", "The file is empty.", [("file", "is empty")])
    return header(SHEETS[job["type"]], first.cells)


def _rows(context: Context, job: Document, offset: int = 0, line: int = 1) -> Iterator[csv_lines.Row]:
    chunks = pieces.read(context.database, job["_id"], job["pieces"], offset)
    return csv_lines.rows(chunks, csv_lines.DELIMITERS[job["delimiter"]], offset, line)


class _Lines:
    """The lines of the file by their place; those that follow each other are read at one go."""

    def __init__(self, context: Context, job: Document) -> None:
        self._context, self._job = context, job
        self._rows: Iterator[csv_lines.Row] = iter(())
        self._next: int | None = None

    def at(self, plan: Plan, place: int) -> Sequence[str]:
        if place != self._next:
            self._rows = _rows(self._context, self._job, plan.offsets[place], plan.lines[place])
        self._next = place + 1
        return next(self._rows).cells


def _done(context: Context, actor: Actor, work: _Work, job: Document, lines: _Lines, place: int) -> Outcome:
    if place in work.plan.refused:
        return Outcome("failure", errors=[work.plan.refused[place]])
    mark = {"import": job["_id"], "file": job["file"], "line": work.plan.lines[place]}
    return do(context, actor, work.header, lines.at(work.plan, place), mark, work.again)


def _keep(context: Context, token: str, done: Sequence[tuple[int, Outcome]]) -> None:
    documents = [
        {
            "_id": f"{token}:{line}",
            "import": token,
            "line": line,
            "outcome": outcome.outcome,
            "record_id": outcome.record_id,
            "changes": dict(outcome.changes or {}),
            "errors": [list(each) for each in outcome.errors],
        }
        for line, outcome in done
    ]
    kept = context.database[store.TRANSFER_LINES]
    with answering():
        kept.delete_many({"_id": {"$in": [each["_id"] for each in documents]}})
        kept.insert_many(documents)


def _arriving(context: Context, actor: Actor, token: str) -> Document:
    asked = {"_id": token, "what": "import", "state": "arriving", "person.id": actor.person_id}
    with answering():
        job = context.database[store.TRANSFERS].find_one(asked)
    if job is None:
        raise NotFound
    return job


def _set(context: Context, token: str, values: Mapping[str, Any]) -> None:
    with answering():
        context.database[store.TRANSFERS].update_one({"_id": token}, {"$set": dict(values)})
