"""What attachments are called."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.attachments.names import MAX_NAME, clean, key_of


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\a.png", "a.png"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
        ("zero\u200bwidth.txt", "zerowidth.txt"),
        ('a"b<c>.png', "a_b_c_.png"),
        (" .hidden. ", "hidden"),
        ("con.txt", "_con.txt"),
        ("..", "file"),
        ("", "file"),
        ("Übersicht für Käthe.pdf", "Übersicht für Käthe.pdf"),
        (f"{'x' * 500}.pdf", f"{'x' * (MAX_NAME - 4)}.pdf"),
    ],
)
def test_a_name_keeps_nothing_that_means_something_else(given: str, kept: str) -> None:
    assert clean(given) == kept


@given(st.text(max_size=400))
def test_every_name_becomes_one_that_can_be_shown(given: str) -> None:
    name = clean(given)
    assert 0 < len(name) <= MAX_NAME + 1
    assert not set(name) & set('/\\<>:"|?*\r\n\0')
    assert all(unicodedata.category(character) not in ("Cc", "Cf") for character in name)
    assert clean(name) == name


@given(st.text(max_size=200))
def test_a_key_stands_in_a_text_as_it_is(given: str) -> None:
    assert re.fullmatch(r"attachments/0123/[A-Za-z0-9._-]+", key_of("0123", clean(given)))
