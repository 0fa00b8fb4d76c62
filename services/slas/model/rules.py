"""How a rule says no."""

from __future__ import annotations

from collections.abc import Sequence


class RuleBroken(Exception):
    """A rule refuses. `code` is stable, `message` is for people, `errors` are (field, text) pairs."""

    def __init__(self, code: str, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in errors))
        self.code = code
        self.errors = list(errors)

    @property
    def message(self) -> str:
        return " ".join(text for _, text in self.errors)
