"""Patterns of text fields mean what Python's mean, and take time in proportion to the text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model.patterns import (
    MAX_PATTERN,
    MAX_POSITIONS,
    MAX_TEXT,
    MalformedPattern,
    parsed,
)

SIGNS = st.sampled_from(
    ["a", "b", "-", "_", "0", ".", r"\d", r"\w", r"\S", r"\.", "[ab]", "[^a]", "[a-c0-9]", r"[^\d-]"]
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"])).map(
            lambda two: f"({two[0]}){two[1]}"
        ),
    )


PATTERNS = st.recursive(SIGNS, _larger, max_leaves=5).filter(lambda text: len(text) <= MAX_PATTERN)
TEXTS = st.text(alphabet="abc-_.09 \né", max_size=8)


@given(PATTERNS, TEXTS)
def test_a_pattern_means_what_it_means_in_python(pattern, text):
    assert parsed(pattern).matches(text) == bool(re.fullmatch(pattern, text, re.ASCII))


@given(PATTERNS, st.data())
def test_a_text_made_from_a_pattern_is_of_it(pattern, data):
    assert parsed(pattern).matches(data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)))


def test_a_pattern_is_about_the_whole_value():
    for pattern in (r"NL\d{2}", r"^NL\d{2}$", r"^NL\d{2}", r"NL\d{2}$"):
        assert parsed(pattern).matches("NL12")
        assert not parsed(pattern).matches("NL123")
        assert not parsed(pattern).matches(" NL12")
    assert parsed(r"\$").matches("$")
    assert parsed(r"\\$").matches("\\")


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[", "[]", "[b-a]", r"[\d-z]", "*", "a**", "a+?", "a*+", "a{2}{2}", "a{", "a{x}",
        "a{3,2}", "a{201}", "a{,3}", "}", "]", "a^b", "a$b", "\\", r"\1", r"\b", r"\p", "(?=a)", "(?P<n>a)",
        "(?<a", "[[a]", "a" * (MAX_PATTERN + 1), "(a{200}){3}", "((a{100}){100}){100}",
        "((((){200}){200}){200}){200}",
    ],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(MalformedPattern):
        parsed(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+b", "a*a*a*a*a*a*b", r"(\w+\s?)*b", "(a?){200}(a){199}b"]
)
def test_no_pattern_makes_a_text_take_long(pattern):
    """These take Python's engine years. The bound is of work, not of a quiet machine."""
    began = time.process_time()
    assert not parsed(pattern).matches("a" * MAX_TEXT)
    assert time.process_time() - began < 5


@given(st.text(alphabet="ab(|)[]{}*+?.\\^$-,:12d", max_size=20))
def test_whatever_is_written_is_a_pattern_or_refused(text):
    try:
        pattern = parsed(text)
    except MalformedPattern:
        return
    assert len(pattern.classes) <= MAX_POSITIONS + 1
    assert pattern.matches("ab") == bool(re.fullmatch(text, "ab", re.ASCII))
