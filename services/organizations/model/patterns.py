"""Patterns of text fields, matched in linear time: nobody can write one that stops a service.

They are RE2's: what it has means what it means in Python, JavaScript and a web form's `pattern`. What makes
an engine try again (references back, looking ahead or behind) it refuses by name. A pattern is about the
whole value, so `^` in front and `$` at the end may stand or not; `\\d \\w \\s` are of ASCII.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

import re2

MAX_PATTERN: Final = 200
MAX_TEXT: Final = 1000
"""Characters of a text that is held to a pattern."""

_OPTIONS: Final = re2.Options()
_OPTIONS.log_errors = False
_OPTIONS.max_mem = 1 << 20


class MalformedPattern(ValueError):
    """The text says why."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text is of the pattern. Raises MalformedPattern."""
    return _compiled(pattern).fullmatch(text) is not None


def check(pattern: str) -> None:
    """Raises MalformedPattern for what is none."""
    _compiled(pattern)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    if len(pattern) > MAX_PATTERN:
        raise MalformedPattern(f"must be at most {MAX_PATTERN} characters long")
    try:
        return re2.compile(pattern, _OPTIONS)
    except re2.error as error:
        (why,) = error.args
        said = why.decode(errors="replace") if isinstance(why, bytes) else str(why)
        raise MalformedPattern(f"is no pattern: {said}") from None
