"""Cells of CSV files as they go to spreadsheets, and what they stand for when they come back.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it (`defused`), and
read without it (`undefused`); so is what would be read otherwise than it is meant. What is written is read as
it was, whatever it is.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

LINE_SEPARATORS: Final = {"crlf": "\r\n", "lf": "\n"}
EMPTY: Final = "[empty]"
"""The cell that empties a field. A blank one leaves it as it is."""
EMPTIED: Final = "\x00"
"""What it is read as: no text that a cell may hold."""

# Of the wide forms some spreadsheets make the plain ones.
_STARTS: Final = frozenset("=+-@\t\r\n'＝＋－＠")


def defused(text: str) -> str:
    """The text as it is written into a cell."""
    return f"'{text}" if text[:1] in _STARTS or text == EMPTY else text


def undefused(cell: str) -> str:
    """The text that a cell stands for: the inverse of `defused`. `EMPTIED` for the cell that empties."""
    if cell == EMPTY:
        return EMPTIED
    meant = cell[1:]
    return meant if cell.startswith("'") and defused(meant) == cell else cell


def written(cells: Sequence[str], line_separator: str) -> str:
    """One line of a file."""
    out = io.StringIO()
    # The library quotes a cell for the line ends that it writes itself; it shall for all.
    csv.writer(out, lineterminator="\r\n").writerow([defused(cell) for cell in cells])
    return out.getvalue().removesuffix("\r\n") + line_separator
