"""A holiday that was found somewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.slas.model.calendars import local_text

MAX_NAME = 128


@dataclass(frozen=True, order=True)
class Found:
    """`start_at` and `end_at` are what the wall clock shows, to the minute."""

    start_at: datetime
    end_at: datetime
    name: str

    @property
    def fields(self) -> dict[str, Any]:
        """As a holiday's record has them."""
        start, end = local_text(self.start_at), local_text(self.end_at)
        return {"name": self.name, "start_at": start, "end_at": end}


def short(name: str) -> str:
    """A name as long as a holiday's may be: on one line, without control characters."""
    line = " ".join("".join(each if each.isprintable() else " " for each in name).split())
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1]}…"
