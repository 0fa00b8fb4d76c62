"""Exports: the records of some types as CSV files, which an import reads back without a change.

Pages of records become pieces of files; how far an export is, is saved with each piece. So whoever goes on
after a crash writes the piece that was not finished again. A record is as it was when its page was read. The
files are kept for a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from pymongo.cursor import Cursor

from services.common import csv_cells
from services.common.actor import Actor
from services.common.context import Context
from services.common.database import answering
from services.common.errors import Conflict
from services.organizations import pieces, store
from services.organizations.actions.transferring.sheets import IN_USE, SHEETS, Sheet, cell, labels

KEPT: Final = timedelta(hours=24)
MAX_KEPT: Final = 50
_PAGE: Final = 200

Document = dict[str, Any]


def start_export(context: Context, actor: Actor, fields: Mapping[str, Any]) -> Document:
    """`{token}`; None for it when no record was changed since `from`. Raises Forbidden, Conflict
    `too_many_exports`.
    """
    types = list(dict.fromkeys(fields["type"]))
    for each in types:
        actor.needs(*SHEETS[each].roles)
    since = fields.get("from")
    if not any(_taken(_found(context, SHEETS[each], 0, since).limit(1), 1) for each in types):
        return {"token": None}
    with answering():
        if context.database[store.TRANSFERS].count_documents({"what": "export"}) >= MAX_KEPT:
            text = (
                f"{MAX_KEPT} exports are kept already, each for a day. Use one of them, or try again later."
            )
            raise Conflict("too_many_exports", text)
    now = context.clock.now()
    job = {
        "_id": context.new_uuid(),
        "what": "export",
        "state": "queued",
        "types": types,
        "for": [list(SHEETS[each].roles) for each in types],
        "from": since,
        "line_separator": fields.get("line_separator", "crlf"),
        "person": {"id": actor.person_id, "name": actor.name},
        "at": 0,
        "after": 0,
        "line": 0,
        "pieces": dict.fromkeys(types, 0),
        "bytes": dict.fromkeys(types, 0),
        "errors": [],
        "created_at": now,
        "expires_at": now + KEPT,
        "due": now,
    }
    with answering():
        context.database[store.TRANSFERS].insert_one(job)
    return {"token": job["_id"]}


def go_on(context: Context, job: Document, actor: Actor, may_go_on: Callable[[], bool]) -> None:
    """Writes pieces until all is written, or `may_go_on` says no. Raises Unavailable."""
    while job["at"] < len(job["types"]):
        if not may_go_on():
            return
        job |= _next_piece(context, job)
        _set(context, job)
    end_export(context, job, "done")


def end_export(context: Context, job: Document, state: str, errors: Sequence[tuple[str, str]] = ()) -> None:
    """Ends an export: `done`, `failed` (who asked may not) or `error`."""
    told = {"state": state, "errors": [list(each) for each in errors], "due": job["expires_at"]}
    job |= {**told, "ended_at": context.clock.now()}
    _set(context, job)


def forget_export(context: Context, job: Document) -> None:
    """Lets go of an export and its files. Raises Unavailable."""
    for type, count in job["pieces"].items():
        pieces.remove(context.database, f"{job['_id']}/{type}", count + 1)
    with answering():
        context.database[store.TRANSFERS].delete_one({"_id": job["_id"]})


def _next_piece(context: Context, job: Document) -> Document:
    """Writes one piece of the file that the export is at, and says how far it is then."""
    type = job["types"][job["at"]]
    sheet, count = SHEETS[type], job["pieces"][type]
    separator = csv_cells.LINE_SEPARATORS[job["line_separator"]]
    names = [column.name for column in sheet.exported]
    text = [] if count else [csv_cells.written(names, separator).encode()]
    size, after, line, ended = 0, job["after"], job["line"], True
    for document in _records(context, sheet, after, job["from"]):
        text.append(csv_cells.written(document[1], separator).encode())
        size, after, line = size + len(text[-1]), document[0], line + 1
        if size >= pieces.PIECE_BYTES:
            ended = False
            break
    piece = b"".join(text)
    pieces.put(context.database, f"{job['_id']}/{type}", count, piece)
    written = {"state": "processing", "line": line, "pieces": {**job["pieces"], type: count + 1}}
    written["bytes"] = {**job["bytes"], type: job["bytes"][type] + len(piece)}
    return {**written, "at": job["at"] + 1, "after": 0} if ended else {**written, "after": after}


def _records(context: Context, sheet: Sheet, after: int, since: Any) -> Iterator[tuple[int, list[str]]]:
    """The records behind an id, and their cells. One query, read a page at a time: the local database looks
    through all records for each that it is asked.
    """
    with _found(context, sheet, after, since).batch_size(_PAGE) as found:
        while page := _taken(found, _PAGE):
            documents = [sheet.shows(each) for each in page]
            called = labels(context, sheet.exported, documents)
            for document in documents:
                yield document["id"], [cell(column, document, called) for column in sheet.exported]


def _taken(found: Iterator[Document], most: int) -> list[Document]:
    with answering():
        return list(islice(found, most))


def _found(context: Context, sheet: Sheet, after: int, since: Any) -> Cursor[Document]:
    wanted: Document = {"_id": {"$gt": after}, **IN_USE}
    if since is not None:
        wanted["updated_at"] = {"$gte": since}
    if sheet.kind == "organization":
        wanted["unlisted"] = None  # of partners' organizations those that stand in All Organizations
    else:
        wanted["account.id"] = None  # partners' people and teams are names in our records, no more
    held = context.database[store.KINDS[sheet.kind]]
    return held.find(wanted, {"outbox": 0, "history": 0}).sort([("_id", 1)])


def _set(context: Context, job: Document) -> None:
    values = {name: value for name, value in job.items() if name != "_id"}
    with answering():
        context.database[store.TRANSFERS].update_one({"_id": job["_id"]}, {"$set": values})
