"""CSV from strangers and for spreadsheets: what is written is read as it was, and what is broken is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.csv_cells import EMPTIED, EMPTY, LINE_SEPARATORS, defused, undefused, written
from services.organizations.model.csv_lines import Row, rows
from services.organizations.model.rules import RuleBroken

# All that a file may hold: surrogates are no text.
texts = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.text(";\t\n'\"=-a", max_size=8)
    | st.sampled_from(
        [
            EMPTY,
            "'",
            "''",
            "=1",
            "'=1",
            "'[empty]",
            "'' =",
            '"',
            "\n",
            "\r\n",
            ",",
            "@",
            "-1",
            "\ufeff",
            "＝1",
        ]
    )
)


@given(texts)
def test_a_cell_is_read_as_it_was_written(text: str) -> None:
    assert undefused(defused(text)) == text


@given(texts)
def test_no_cell_is_a_formula_or_empties_a_field(text: str) -> None:
    cell = defused(text)
    assert cell[:1] not in tuple("=+-@\t\r")
    assert cell != EMPTY


@given(st.text("=+-@;\t\r\n\"', ab", max_size=12) | texts)
def test_where_lines_are_split_elsewhere_no_formula_begins_a_cell_either(text: str) -> None:
    """Spreadsheets heed quotes only where a cell of theirs begins."""
    line = written(["1", text, "x"], "\r\n")
    for separators in (";", "\t", ";\t"):
        for cell in re.split(f"[{separators}\r\n]", line):
            assert cell.lstrip('"')[:1] not in tuple("=+-@＝＋－＠")


@given(texts)
def test_a_cell_with_any_separator_has_quotes(text: str) -> None:
    """So those that split at commas, semicolons and tabs alike find our cells."""
    cell = written(["1", text, "x"], "\r\n").removeprefix("1,").removesuffix(",x\r\n")
    assert cell.startswith('"') or not re.search("[,;\t\r\n]", cell)


def test_what_stands_behind_a_separator_is_exported_as_text_and_comes_back() -> None:
    assert written(["1", "a;=cmd|' /C calc'!A0", "b"], "\n") == "1,\"a;'=cmd|' /C calc'!A0\",b\n"
    assert written(["1", "- one\n- two"], "\n") == "1,\"'- one\n'- two\"\n"
    assert undefused("a;'=1") == undefused("a;=1") == "a;=1"
    assert undefused("it;'s") == "it;'s"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("'tis", "'tis"),
        ("=1+1", "=1+1"),
        ("'=1+1", "=1+1"),
        ("''tis", "'tis"),
        ("[empty]", EMPTIED),
        ("", ""),
    ],
)
def test_a_cell_that_a_person_wrote_is_what_it_looks_like(cell: str, text: str) -> None:
    assert undefused(cell) == text


@given(
    table=st.lists(st.lists(texts, min_size=2, max_size=3), max_size=5),
    separator=st.sampled_from(sorted(LINE_SEPARATORS.values())),
    size=st.integers(1, 50),
)
def test_lines_are_read_as_they_were_written_however_the_bytes_come(
    table: list[list[str]], separator: str, size: int
) -> None:
    lines = [row for row in table if any(row)]
    file = "".join(written(row, separator) for row in lines).encode()
    chunks = [file[at : at + size] for at in range(0, len(file), size)]
    read = list(rows(chunks))
    found = [[undefused(cell) for cell in row.cells] for row in read]
    begun_with_mark = bool(lines) and file.startswith(b"\xef\xbb\xbf")
    assert begun_with_mark or found == lines
    for row in read:
        again = next(rows([file[row.offset :]], offset=row.offset, line=row.line))
        assert again == row


def test_a_line_has_the_number_that_editors_show() -> None:
    file = b'\xef\xbb\xbfa,b\r\n"x\ny",1\r\n\r\n"",\r\nz,2'
    assert list(rows([file])) == [
        Row(0, 1, ("a", "b")),
        Row(8, 2, ("x\ny", "1")),
        Row(24, 6, ("z", "2")),
    ]


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        (b'a\n"b\nc', 2, "never closed"),
        (b'a\n"b"c\n', 2, "behind a closing quote"),
        (b"a\rb\n", 1, "CR alone"),
        (b"a\n\xe4\n", 2, "not UTF-8"),
        (b"\xff\xfea\x00", 1, "UTF-16"),
        (b"PK\x03\x04", 1, "workbook"),
        (b"a\n" + b"b" * 1_100_000, 2, "longer than 1 MB"),
        (b'a\n"' + b"b" * 200_000 + b'"', 2, "more than 128 KB"),
    ],
)
def test_a_broken_file_is_told_with_its_line(file: bytes, line: int, told: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        list(rows(file[at : at + 70_000] for at in range(0, len(file), 70_000)))
    assert refused.value.code == "file_broken"
    [(field, text)] = refused.value.errors
    assert field == f"line {line}"
    assert told in text
