"""Tables as files for spreadsheets: CSV and workbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Response

from gateway import workbooks
from services.common import csv_cells
from services.common.fields import Moment

FORMATS: Final = ("csv", "xlsx")
_MARK: Final = "\ufeff"  # by it spreadsheets know that it is UTF-8
_LABELS: Final = ("name", "subject", "id")


@dataclass(frozen=True)
class Table:
    """Named columns and their lines. Values are texts, numbers, days, times, None, and references, which are
    written by their names. `units` says, by the column, in what its numbers are; `zone` is whose clock a
    workbook shows times by. CSV has times in UTC, and heads that stay the same."""

    names: Sequence[str]
    lines: Sequence[Sequence[Any]]
    zone: str
    units: Mapping[str, str] = field(default_factory=dict)


def file_of(format: str, name: str, table: Table) -> Response:
    """The answer that is saved as `<name>.<format>`. Raises Invalid `too_many_rows`."""
    response = _workbook(table) if format == "xlsx" else _csv(table)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{format}")
    return response


def _csv(table: Table) -> Response:
    end = csv_cells.LINE_SEPARATORS["crlf"]
    lines = (table.names, *table.lines)
    written = (csv_cells.written([_text(value) for value in line], end) for line in lines)
    return Response((_MARK + "".join(written)).encode(), mimetype="text/csv")


def _workbook(table: Table) -> Response:
    heads = [f"{name} ({table.units[name]})" if name in table.units else name for name in table.names]
    lines = ([_plain(value) for value in line] for line in table.lines)
    size, pieces = workbooks.written(heads, lines, len(table.lines), table.zone)
    response = Response(pieces, mimetype=workbooks.TYPE)
    response.content_length = size
    return response


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return next((value[label] for label in _LABELS if value.get(label) is not None), None)
    return value


def _text(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if hasattr(plain, "utcoffset"):
        return str(Moment().serialize("at", {"at": plain}))
    return str(plain)
