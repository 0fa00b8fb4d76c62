"""CSV as it comes from strangers.

UTF-8, with or without a byte order mark; cells quoted by `"` where they need it, a quote in them doubled;
lines end with LF or CRLF. A file that breaks this is refused as a whole, before anything of it is done: one
quote too many shifts every cell behind it. A line with too few or too many cells is that line's failure
alone. What a cell stands for, and how cells are written: `services.common.csv_cells`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from services.organizations.model.rules import RuleBroken

DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}

MAX_LINE_BYTES: Final = 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """A line of the file: where it begins (bytes), its number as editors show it, and its cells."""

    offset: int
    line: int
    cells: tuple[str, ...]


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
