"""A record as it was loaded, and what is said of one that was saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

RecordId = int | str


@dataclass(frozen=True)
class Record:
    """One record as it was loaded: its state without the strips. Change a copy."""

    id: Any
    version: int
    state: dict[str, Any]
    waiting: tuple[dict[str, Any], ...] = field(default=(), repr=False, compare=False)  # rows not yet sent
    history_total: int = field(default=0, repr=False, compare=False)
    history_moved: int = field(default=0, repr=False, compare=False)
    stored: Mapping[str, bytes] = field(
        default_factory=dict, repr=False, compare=False
    )  # state as it lies there


@dataclass(frozen=True)
class Saved:
    """What the relay is told after a save: all rows that wait in the record, oldest first."""

    collection: str
    id: Any
    version: int
    rows: tuple[dict[str, Any], ...]
    history_waiting: int = 0
    copied: frozenset[str] = frozenset()  # ids of `copy` rows whose documents are made already
