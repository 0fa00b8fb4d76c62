"""Lists as CSV files, for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from flask import Response

from services.common import csv_cells
from services.common.fields import Moment

FORMATS: Final = ("csv",)
_MARK: Final = "\ufeff"  # by it spreadsheets know that it is UTF-8
_LABELS: Final = ("name", "subject", "id")


def csv_file(name: str, header: Sequence[str], lines: Iterable[Sequence[Any]]) -> Response:
    """The answer that is saved as `<name>.csv`. A reference is written by its name."""
    end = csv_cells.LINE_SEPARATORS["crlf"]
    written = (csv_cells.written([_cell(value) for value in line], end) for line in (header, *lines))
    response = Response((_MARK + "".join(written)).encode(), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return response


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return _cell(next((value[label] for label in _LABELS if value.get(label) is not None), None))
    if hasattr(value, "utcoffset"):
        return str(Moment().serialize("at", {"at": value}))
    return str(value)
