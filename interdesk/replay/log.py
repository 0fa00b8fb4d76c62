"""An incident log: a CSV file, plain or gzipped, of what happened to each case, one event a line.

Columns, in this order (and no others):

| column | meaning | what may stand there |
|---|---|---|
| case | the incident | any text; the lines of a case stand together |
| seconds | since the case's first event | a whole number; the first is 0, none is lower than the one before |
| status, substatus | what the case was | one of the pairs in `STATUSES` |
| organization | the organization line that holds the case | any text |
| function, team | function division and support team of that line | any text; a team is not empty |
| impact | | Low, Medium, High, Major |
| product, team_country, owner_country | as recorded; `0` is unknown | any text |

Whatever does not fit is a `LogError` that names the file, the line and the column.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from marshmallow import Schema, ValidationError, fields, validate

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

COLUMNS = (
    "case",
    "seconds",
    "status",
    "substatus",
    "organization",
    "function",
    "team",
    "impact",
    "product",
    "team_country",
    "owner_country",
)
STATUSES = frozenset(
    {
        ("Accepted", "In Progress"),
        ("Accepted", "Assigned"),
        ("Accepted", "Wait"),
        ("Accepted", "Wait - User"),
        ("Accepted", "Wait - Customer"),
        ("Accepted", "Wait - Vendor"),
        ("Accepted", "Wait - Implementation"),
        ("Queued", "Awaiting Assignment"),
        ("Completed", "Resolved"),
        ("Completed", "Closed"),
        ("Completed", "In Call"),
        ("Unmatched", "Unmatched"),
    }
)
IMPACTS = ("Low", "Medium", "High", "Major")
_GZIP_MAGIC = b"\x1f\x8b"


class LogError(Exception):
    """The file is not an incident log. The text names file, line and column, and what was expected."""

    def __init__(self, path: Path, line: int | None, column: str | None, text: str) -> None:
        where = [str(path)]
        if line is not None:
            where.append(f"line {line}")
        if column is not None:
            where.append(f"column {column}")
        super().__init__(f"{', '.join(where)}: {text}")
        self.path, self.line, self.column, self.text = path, line, column, text


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. `line` is its number in the file (the header is line 1)."""

    line: int
    seconds: int
    status: str
    substatus: str
    organization: str
    function: str
    team: str
    impact: str
    product: str
    team_country: str
    owner_country: str


@dataclass(frozen=True, slots=True)
class Case:
    """An incident: its events in the order they happened, at least one."""

    id: str
    events: tuple[Event, ...]

    @property
    def crosses_lines(self) -> bool:
        """Was it ever held by more than one organization line?"""
        return len({event.organization for event in self.events}) > 1


class LineSchema(Schema):
    """One line of the log, each column by itself."""

    case = fields.String(required=True, validate=validate.Length(min=1, max=100))
    seconds = fields.Integer(required=True, validate=validate.Range(min=0))
    status = fields.String(required=True, validate=validate.OneOf(sorted({one for one, _ in STATUSES})))
    substatus = fields.String(required=True, validate=validate.OneOf(sorted({two for _, two in STATUSES})))
    organization = fields.String(required=True, validate=validate.Length(min=1, max=100))
    function = fields.String(required=True, validate=validate.Length(max=100))
    team = fields.String(required=True, validate=validate.Length(min=1, max=100))
    impact = fields.String(required=True, validate=validate.OneOf(IMPACTS))
    product = fields.String(required=True, validate=validate.Length(max=100))
    team_country = fields.String(required=True, validate=validate.Length(max=100))
    owner_country = fields.String(required=True, validate=validate.Length(max=100))


def read_cases(path: Path) -> Iterator[Case]:
    """The cases of a log in file order, read as they are asked for. Raises LogError.

    A fault in the file is found when its line is reached, so a caller that needs the whole file sound reads
    it to its end first.
    """
    seen: set[str] = set()
    case_id: str | None = None
    events: list[Event] = []
    for line, row in _lines(path):
        found, event = _event(path, line, row)
        if found != case_id:
            if case_id is not None:
                yield Case(case_id, tuple(events))
            if found in seen:
                raise LogError(path, line, "case", f"{found} comes again; the lines of a case stand together")
            seen.add(found)
            case_id, events = found, []
        _check_order(path, events[-1] if events else None, event)
        events.append(event)
    if case_id is None:
        raise LogError(path, None, None, "there is no event in it")
    yield Case(case_id, tuple(events))


def choose(cases: Iterable[Case], *, crossing: bool = False, first: int | None = None) -> list[Case]:
    """The cases to play, in file order: all, or only those that cross lines; of these the first so many."""
    chosen: list[Case] = []
    for case in cases:
        if first is not None and len(chosen) >= first:
            break
        if case.crosses_lines or not crossing:
            chosen.append(case)
    return chosen


def _lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with path.open("rb") as raw:
            opener = gzip.open if raw.read(2) == _GZIP_MAGIC else open
        with opener(path, "rt", encoding="utf-8", newline="") as text:
            yield from _rows(path, csv.reader(text, strict=True))
    except UnicodeDecodeError as error:
        raise LogError(path, None, None, f"it is not UTF-8 text ({error.reason})") from error
    except (OSError, EOFError, zlib.error) as error:
        raise LogError(path, None, None, f"it can't be read ({error})") from error


def _rows(path: Path, rows: CsvReader) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        header = next(rows, None)
        if header is None or tuple(header) != COLUMNS:
            raise LogError(path, 1, None, f"the header is not {','.join(COLUMNS)}")
        for row in rows:
            if len(row) != len(COLUMNS):
                raise LogError(path, rows.line_num, None, f"{len(row)} columns, not {len(COLUMNS)}")
            yield rows.line_num, dict(zip(COLUMNS, row, strict=True))
    except csv.Error as error:
        raise LogError(path, rows.line_num, None, f"it is not CSV ({error})") from error


_SCHEMA = LineSchema()


def _event(path: Path, line: int, row: dict[str, str]) -> tuple[str, Event]:
    try:
        known = _SCHEMA.load(row)
    except ValidationError as error:
        column, texts = next(iter(error.messages_dict.items()))
        raise LogError(path, line, column, f"{row[column]!r}: {' '.join(texts)}") from error
    if (known["status"], known["substatus"]) not in STATUSES:
        text = f"{known['substatus']!r} is no substatus of {known['status']!r}"
        raise LogError(path, line, "substatus", text)
    case = known.pop("case")
    return case, Event(line=line, **known)


def _check_order(path: Path, before: Event | None, event: Event) -> None:
    if before is None and event.seconds != 0:
        raise LogError(path, event.line, "seconds", f"{event.seconds}: a case's first event is at 0")
    if before is not None and event.seconds < before.seconds:
        text = f"{event.seconds} is before the {before.seconds} of line {before.line}"
        raise LogError(path, event.line, "seconds", text)
