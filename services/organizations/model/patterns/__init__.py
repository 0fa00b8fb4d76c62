"""Patterns of text fields: a strict subset of regular expressions, matched in linear time.

What a pattern may hold
    characters; `.` (any but a line's end); classes `[a-z_]`, `[^0-9]`; `\\d \\w \\s` and `\\D \\W \\S` (of
    ASCII); groups `( )` and `(?: )`; `|`; `* + ? {2} {2,} {2,5}`; `\\` before a sign that means something. It
    is about the whole value, so `^` in front and `$` at the end may stand or not. In all of that it means
    what it means in Python, JavaScript and a web form's `pattern`.

What it may not
    references back, looking ahead or behind, lazy and possessive repetition: what makes an engine try
    again, or differs from engine to engine. They are refused by name.

How it is matched
    A pattern becomes an automaton with one position per character class (Glushkov's), and a text is walked
    once, with all positions it may be at as the bits of one number. So the time is at most that of the text's
    length times `MAX_POSITIONS`, whatever the pattern: nobody can write one that stops a service.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from services.organizations.model.patterns.automaton import MAX_POSITIONS, Pattern, built
from services.organizations.model.patterns.parsing import MalformedPattern, tree

MAX_PATTERN: Final = 200
MAX_TEXT: Final = 1000
"""Characters of a text that is held to a pattern."""

__all__ = ["MAX_PATTERN", "MAX_POSITIONS", "MAX_TEXT", "MalformedPattern", "Pattern", "parsed"]


@lru_cache(maxsize=256)
def parsed(text: str) -> Pattern:
    """Raises MalformedPattern."""
    if len(text) > MAX_PATTERN:
        raise MalformedPattern(f"must be at most {MAX_PATTERN} characters long")
    return built(tree(text))
