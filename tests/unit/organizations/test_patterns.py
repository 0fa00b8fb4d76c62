"""Patterns of text fields mean what Python's mean, and take time in proportion to the text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model.patterns import MAX_PATTERN, MAX_TEXT, MalformedPattern, check, matches


def test_a_pattern_is_about_the_whole_value() -> None:
    for pattern in (r"NL\d{2}", r"^NL\d{2}$", r"^NL\d{2}", r"NL\d{2}$"):
        assert matches(pattern, "NL12")
        assert not matches(pattern, "NL123")
        assert not matches(pattern, " NL12")
    assert matches("a|ab", "ab")
    assert matches("é+", "éé")
    assert matches(r"\$", "$")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "missing )"),
        ("(?=a)b", "invalid perl operator: (?="),
        (r"(a)\1", "invalid escape sequence"),
        ("[b-a]", "invalid character class range"),
        ("((a{100}){100}){100}", "invalid repetition size"),
        ("a" * (MAX_PATTERN + 1), "at most 200 characters"),
    ],
)
def test_what_is_no_pattern_is_refused_and_told(pattern: str, told: str) -> None:
    with pytest.raises(MalformedPattern, match=re.escape(told)):
        check(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+b", "a*a*a*a*a*a*b", r"(\w+\s?)*b", "(a?){200}(a){199}b"]
)
def test_no_pattern_makes_a_text_take_long(pattern: str) -> None:
    """These take Python's engine years. The bound is of work, not of a quiet machine."""
    began = time.process_time()
    assert not matches(pattern, "a" * MAX_TEXT)
    assert time.process_time() - began < 5


@given(st.text(alphabet="ab(|)[]{}*+?.\\^$-,:12d", max_size=20), st.sampled_from(["", "a", "ab", "12", "(b"]))
def test_whatever_both_know_means_what_it_means_in_python(text: str, value: str) -> None:
    try:
        there = matches(text, value)
        here = re.fullmatch(text, value, re.ASCII)
    except (MalformedPattern, re.error):
        return
    assert there == bool(here)
