"""Workbooks (XLSX) of one sheet: a head line that stays in sight, and below it lines of cells.

A text is written as text, whatever it begins with: nothing becomes a formula, a link or a number. A day is a
date cell; a time is one as the clocks of a zone show it, for cells have no zone. Lines go to a temporary file
as they come, so memory does not grow with them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from werkzeug.wsgi import FileWrapper
from xlsxwriter import Workbook

from services.common.errors import Invalid

TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS: Final = 1_048_576
"""What a sheet holds, its head line too."""
_OPTIONS: Final = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_DAY: Final = "yyyy-mm-dd"
_TIME: Final = "yyyy-mm-dd hh:mm:ss"
_NARROWEST, _WIDEST = 8, 60
_PIECE: Final = 64 * 1024


def written(
    heads: Sequence[str], lines: Iterable[Sequence[Any]], number: int, zone: str
) -> tuple[int, FileWrapper]:
    """The size of a workbook in bytes, and its bytes in pieces. `number`: how many `lines` there are; their
    cells are texts, numbers, booleans, days, times and None. Raises Invalid `too_many_rows` before it begins.
    """
    if number >= MAX_ROWS:
        text = f"has {number:,} rows: a sheet holds {MAX_ROWS - 1:,} below its head line. Ask for less"
        raise Invalid("too_many_rows", f"This file {text}.", [("export_format", text)])
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends its pieces closes it
    try:
        with tempfile.TemporaryDirectory() as directory:
            _write(Workbook(file, {**_OPTIONS, "tmpdir": directory}), heads, lines, ZoneInfo(zone))
        size = file.seek(0, 2)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return size, FileWrapper(file, _PIECE)


def _write(book: Workbook, heads: Sequence[str], lines: Iterable[Sequence[Any]], zone: ZoneInfo) -> None:
    sheet = book.add_worksheet()
    bold, day, time = (book.add_format(each) for each in ({"bold": True}, _shown(_DAY), _shown(_TIME)))
    widths = [max(len(head), _NARROWEST) for head in heads]
    sheet.freeze_panes(1, 0)
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    for row, line in zip(count(1), lines, strict=False):
        for column, value in enumerate(line):
            match value:
                case None:
                    continue
                case datetime():
                    sheet.write_datetime(row, column, value.astimezone(zone).replace(tzinfo=None), time)
                    length = len(_TIME)
                case date():
                    sheet.write_datetime(row, column, value, day)
                    length = len(_DAY)
                case bool():
                    sheet.write_boolean(row, column, value)
                    length = len("FALSE")
                case int() | float():
                    sheet.write_number(row, column, value)
                    length = len(str(value))
                case _:
                    sheet.write_string(row, column, str(value))
                    length = len(str(value))
            widths[column] = max(widths[column], length)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width, _WIDEST) + 2)
    book.close()


def _shown(pattern: str) -> dict[str, str]:
    return {"num_format": pattern}
