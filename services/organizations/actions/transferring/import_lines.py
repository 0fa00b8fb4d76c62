"""One line of a file, done through the action that the API's own edits go through.

Only cells that say something else than the record has now are given to that action, so a file that was
exported changes nothing, and a partner's record takes what may be written in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from services.common import history
from services.common.actor import Actor
from services.common.context import Context
from services.common.csv_cells import EMPTIED, undefused
from services.common.errors import InterdeskError, Unavailable
from services.common.schemas import loaded
from services.common.store import Record
from services.common.verdicts import is_outage
from services.organizations import store
from services.organizations.actions.saving import IMPORTED, whole
from services.organizations.actions.transferring import drafts
from services.organizations.actions.transferring.cells import Cells, fields_of, match
from services.organizations.actions.transferring.sheets import Column, Form, Sheet, cell, labels, same
from services.organizations.model.rules import RuleBroken

OUTCOMES: Final = ("created", "updated", "deleted", "unchanged", "failure", "error")
BROKEN: Final = "Something went wrong on our side. The log has the details."
MAX_TOLD: Final = 200
_LATEST_ENTRIES: Final = 10

log = structlog.get_logger(__name__)

Document = dict[str, Any]


@dataclass(frozen=True)
class Header:
    """The columns of a file, in its order."""

    sheet: Sheet
    columns: tuple[Column, ...]

    def cells(self, row: Sequence[str]) -> Cells:
        """The texts of a line by column. Raises RuleBroken `line_broken`."""
        if len(row) != len(self.columns):
            text = f"has {len(row)} cells, and the header {len(self.columns)}"
            raise RuleBroken("line_broken", f"The line {text}.", [("line", text)])
        if any("\x00" in text for text in row):
            raise RuleBroken("line_broken", "The line holds NUL characters.", [("line", "holds NUL")])
        return {
            column.name: undefused(text.strip()).strip()
            for column, text in zip(self.columns, row, strict=True)
        }


@dataclass(frozen=True)
class Outcome:
    """What became of a line: one of `OUTCOMES`; `changes` by column, as cells show them."""

    outcome: str
    record_id: int | None = None
    changes: Mapping[str, Sequence[str | None]] | None = None
    errors: Sequence[tuple[str, str]] = ()


def header(sheet: Sheet, row: Sequence[str]) -> Header:
    """Raises RuleBroken `header_wrong` that names each column that is unknown or there twice."""
    named = [name.strip() for name in row]
    errors = [(name or "blank", "is no column of this type") for name in named if name not in sheet.columns]
    errors += [(name, "is there more than once") for name in sorted({n for n in named if named.count(n) > 1})]
    if len(named) == 1 and (found := [d for d in (";", "\t", ",") if d in named[0]]):
        told = {";": "semicolon", "\t": "tab", ",": "comma"}[found[0]]
        errors = [("delimiter", f"the columns seem to be separated otherwise: say {told}")]
    if errors:
        known = ", ".join(sheet.columns)
        raise RuleBroken("header_wrong", f"The first line names the columns. They may be: {known}.", errors)
    return Header(sheet, tuple(sheet.columns[name] for name in named))


def do(
    context: Context,
    actor: Actor,
    header: Header,
    row: Sequence[str],
    mark: Mapping[str, Any],
    again: bool = False,
) -> Outcome:
    """Does a line. `mark` (`{import, file, line}`) is kept with what is saved; `again`: it may have been done
    before a crash, and then what became of it is told as it was. Raises Unavailable, and nothing else.
    """
    sheet = header.sheet
    try:
        cells = header.cells(row)
        record = match(context, sheet, cells, context.account)
        marked = replace(context, kept={**context.kept, IMPORTED: dict(mark)})
        if record is None:
            return _created(marked, actor, header, cells)
        if again and (told := _done_before(context, header, record, cells, mark)) is not None:
            return told
        return _updated(marked, actor, header, record, cells)
    except Unavailable:
        raise
    except RuleBroken as broken:
        wrong = "error" if broken.code == "line_broken" else "failure"
        return Outcome(wrong, errors=broken.errors)
    except InterdeskError as refusal:
        return Outcome("failure", errors=_told_by_column(header, refusal))
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("a line of an import broke", **mark)
        return Outcome("error", errors=[("line", BROKEN)])


def _created(context: Context, actor: Actor, header: Header, cells: Cells) -> Outcome:
    given = [
        (column, cells[column.name])
        for column in header.columns
        if cells[column.name] not in ("", EMPTIED) and _is_written(column)
    ]
    fields = loaded(header.sheet.taken(), fields_of(context, given, cells))
    made = header.sheet.create(context, actor, fields)
    after = header.sheet.shows(made)
    return _outcome(context, header, "created", {}, after, {column.field for column, _ in given})


def _updated(context: Context, actor: Actor, header: Header, record: Record, cells: Cells) -> Outcome:
    sheet = header.sheet
    before = sheet.shows(whole(record))
    called = labels(context, header.columns, [before])
    given = [
        (column, cells[column.name])
        for column in header.columns
        if _is_written(column) and not _says(column, cells[column.name], before, called)
    ]
    if not given:
        return Outcome("unchanged", record.id)
    fields = loaded(sheet.taken(), fields_of(context, given, cells), partial=True)
    after = sheet.shows(sheet.update(context, actor, record.id, fields))
    return _outcome(context, header, "updated", before, after, fields)


def _says(column: Column, given: str, before: Document, called: Any) -> bool:
    """Whether a cell says nothing, or what the record has."""
    if not given:
        return True
    kept = cell(column, before, called)
    if given == EMPTIED:
        return kept in ("", "false")
    if column.form is Form.FLAG:
        return same(given.casefold(), kept)
    return same(given, kept)


def _outcome(
    context: Context, header: Header, outcome: str, before: Document, after: Document, fields: Iterable[str]
) -> Outcome:
    """Changes are told under the columns that the file has; a reference by its name where it has that."""
    touched = [column for column in _told_columns(header) if column.field in fields]
    called = labels(context, touched, [before, after])
    told = {}
    for column in touched:
        old, new = (cell(column, each, called) for each in (before, after))
        if old != new:
            told[column.name] = [_short(old) if before else None, _short(new)]
    if before and not told:
        return Outcome("unchanged", after["id"])
    return Outcome(outcome, _lasting(after["id"]), told)


def _told_columns(header: Header) -> list[Column]:
    there = {column.name for column in header.columns}
    told: dict[str, Column] = {}
    for column in header.columns:
        if column.form in (Form.SOURCE, Form.SOURCE_ID):
            column = header.sheet.columns[column.field.removesuffix("_id")]
        others = [each for each in header.sheet.columns.values() if each.field == column.field]
        label = next((each for each in others if each.form in (Form.LABEL, Form.LABELS)), column)
        told[column.field] = label if label.name in there or column.form is Form.LABEL else column
    return list(told.values())


def _done_before(
    context: Context, header: Header, record: Record, cells: Cells, mark: Mapping[str, Any]
) -> Outcome | None:
    """What became of the line, when this import has done it already: its mark is in the record's history."""
    held = store.KINDS[header.sheet.kind]
    for entry in history.read(context.database, held, record.id, limit=_LATEST_ENTRIES):
        if entry.get("imported") == mark:
            after = header.sheet.shows(whole(record))
            if entry["action"] == "create":
                fields = {
                    column.field for column in header.columns if cells[column.name] not in ("", EMPTIED)
                }
                return _outcome(context, header, "created", {}, after, fields)
            before = {**after, **{field: old for field, (old, _) in entry["changes"].items()}}
            return _outcome(context, header, "updated", before, after, entry["changes"])
    return None


def _is_written(column: Column) -> bool:
    return column.form not in (Form.SOURCE, Form.SHOWN)


def _told_by_column(header: Header, refusal: InterdeskError) -> list[tuple[str, str]]:
    """The refusal's errors under the names of the file's columns."""
    by_field = {column.field: column.name for column in reversed(header.columns)}
    told = [(by_field.get(field, field), text) for field, text in refusal.errors]
    return told or [("line", refusal.message)]


def _short(text: str) -> str:
    return text if len(text) <= MAX_TOLD else f"{text[: MAX_TOLD - 1]}…"


def _lasting(id: int) -> int | None:
    """The id of a record, unless it is a draft's."""
    return id if id < drafts.FIRST_ID else None
