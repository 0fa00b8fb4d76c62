"""What a broken rule looks like. The model knows no error tree; actions translate."""

from __future__ import annotations

from collections.abc import Sequence

FieldErrors = Sequence[tuple[str, str]]


class RuleBroken(Exception):
    """A rule refuses what was asked.

    `code` is stable, `message` says what was wrong and what to do, `errors` are (field, text) pairs in the
    names the caller used.
    """

    def __init__(self, code: str, message: str, errors: FieldErrors = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.errors = tuple(errors)


class MalformedTable(Exception):
    """A table of rules contradicts itself; raised when its module is imported."""
