"""CSV as it comes from strangers and goes to spreadsheets.

UTF-8, with or without a byte order mark; cells quoted by `"` where they need it, a quote in them doubled;
lines end with LF or CRLF. A file that breaks this is refused as a whole, before anything of it is done: one
quote too many shifts every cell behind it. A line with too few or too many cells is that line's failure
alone.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it (`defused`), and
read without it (`undefused`); so is what would be read otherwise than it is meant. What is written is read as
it was, whatever it is.

Spreadsheets whose list separator is `;` split the lines there. Those that split at commas as well heed our
quotes, so a cell with any separator has some. Those that do not, take a quote behind a comma for a letter,
and what stands in the middle of our cell begins one of theirs. So there, too, an apostrophe goes before what
would be a formula.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.organizations.model.rules import RuleBroken

DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
LINE_SEPARATORS: Final = {"crlf": "\r\n", "lf": "\n"}
EMPTY: Final = "[empty]"
"""The cell that empties a field. A blank one leaves it as it is."""
EMPTIED: Final = "\x00"
"""What it is read as: no text that a cell may hold."""

MAX_LINE_BYTES: Final = 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
# Of the wide forms some spreadsheets make the plain ones.
_FORMULA: Final = "=+-@＝＋－＠"
_STARTS: Final = frozenset(f"{_FORMULA}\t\r\n'")
_SEPARATORS: Final = ";\t\r\n"
# Where a formula would begin a cell, also behind quotes that hold nothing; and where that was defused.
_INNER: Final = re.compile(f"(?<=[{_SEPARATORS}])(?=['\"]*[{_FORMULA}])")
_INNER_DEFUSED: Final = re.compile(f"(?<=[{_SEPARATORS}])'(?=['\"]*[{_FORMULA}])")
_QUOTED: Final = re.compile(f'[",{_SEPARATORS}]')


@dataclass(frozen=True)
class Row:
    """A line of the file: where it begins (bytes), its number as editors show it, and its cells."""

    offset: int
    line: int
    cells: tuple[str, ...]


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


def rows(chunks: Iterable[bytes], delimiter: str = ",", offset: int = 0, line: int = 1) -> Iterator[Row]:
    """The lines of a file that hold anything, one after another; `offset` and `line` say where in the file
    the chunks begin. Raises RuleBroken `file_broken`.
    """
    source = _Lines(chunks, offset, line)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        begins, number = source.offset, source.line
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise broken(number, _told(str(error))) from error
        if any(cells):
            yield Row(begins, number, tuple(cells))


def broken(line: int, text: str) -> RuleBroken:
    """That a file can't be read, because of one of its lines."""
    return RuleBroken(
        "file_broken",
        "The file can't be read, and nothing of it was done. Save it as CSV in UTF-8, with commas.",
        [(f"line {line}", text)],
    )


def _told(error: str) -> str:
    """What the library's own text means to who wrote the file."""
    told = {
        "unexpected end": "has a quote that is never closed",
        "field larger": "has a cell of more than 128 KB: is a quote never closed?",
        "new-line character": "ends with CR alone; lines end with LF or CRLF",
    }
    known = (text for beginning, text in told.items() if error.startswith(beginning))
    return next(known, "has text behind a closing quote; a quote within a cell is doubled")


class _Lines(Iterator[str]):
    """Lines of text out of chunks of bytes, and where the next one begins."""

    def __init__(self, chunks: Iterable[bytes], offset: int, line: int) -> None:
        self._chunks = iter(chunks)
        self._rest = b""
        self._ended = False
        self.offset = offset
        self.line = line

    def __next__(self) -> str:
        data = self._next_bytes()
        if not data:
            raise StopIteration
        first = self.offset == 0
        self.offset += len(data)
        self.line += 1
        if first:
            _encoded_as_utf8(data)
            data = data.removeprefix(_BOM)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise broken(self.line - 1, "is not UTF-8") from error

    def _next_bytes(self) -> bytes:
        end = self._rest.find(b"\n")
        while end < 0 and not self._ended:
            if len(self._rest) > MAX_LINE_BYTES:
                raise broken(self.line, "is longer than 1 MB")
            searched = len(self._rest)
            more = next(self._chunks, None)
            self._ended = more is None
            self._rest += more or b""
            end = self._rest.find(b"\n", searched)
        data = self._rest if end < 0 else self._rest[: end + 1]
        self._rest = self._rest[len(data) :]
        return data


def _encoded_as_utf8(beginning: bytes) -> None:
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise broken(1, "is UTF-16; save the file in UTF-8")
    if beginning.startswith(b"PK\x03\x04"):
        raise broken(1, "is a workbook (xlsx) or a ZIP; save the sheet as CSV")
