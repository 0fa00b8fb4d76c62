"""Cells of CSV files as they go to spreadsheets, and what they stand for when they come back.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it (`defused`), and
read without it (`undefused`); so is what would be read otherwise than it is meant. What is written is read as
it was, whatever it is.

Spreadsheets whose list separator is `;` split the lines there. Those that split at commas as well heed our
quotes, so a cell with any separator has some. Those that do not, take a quote behind a comma for a letter,
and what stands in the middle of our cell begins one of theirs. So there, too, an apostrophe goes before what
would be a formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LINE_SEPARATORS: Final = {"crlf": "\r\n", "lf": "\n"}
EMPTY: Final = "[empty]"
"""The cell that empties a field. A blank one leaves it as it is."""
EMPTIED: Final = "\x00"
"""What it is read as: no text that a cell may hold."""

# Of the wide forms some spreadsheets make the plain ones.
_FORMULA: Final = "=+-@＝＋－＠"
_STARTS: Final = frozenset(f"{_FORMULA}\t\r\n'")
_SEPARATORS: Final = ";\t\r\n"
# Where a formula would begin a cell, also behind quotes that hold nothing; and where that was defused.
_INNER: Final = re.compile(f"(?<=[{_SEPARATORS}])(?=['\"]*[{_FORMULA}])")
_INNER_DEFUSED: Final = re.compile(f"(?<=[{_SEPARATORS}])'(?=['\"]*[{_FORMULA}])")
_QUOTED: Final = re.compile(f'[",{_SEPARATORS}]')


def defused(text: str) -> str:
    """The text as it is written into a cell."""
    inner = _INNER.sub("'", text)
    return f"'{inner}" if text[:1] in _STARTS or text == EMPTY else inner


def undefused(cell: str) -> str:
    """The text that a cell stands for: the inverse of `defused`. `EMPTIED` for the cell that empties."""
    if cell == EMPTY:
        return EMPTIED
    begins_so = cell[1:2] in _STARTS or cell[1:] == EMPTY
    meant = cell[1:] if cell.startswith("'") and begins_so else cell
    return _INNER_DEFUSED.sub("", meant)


def written(cells: Sequence[str], line_separator: str) -> str:
    """One line of a file."""
    return ",".join(_quoted(defused(cell)) for cell in cells) + line_separator


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
