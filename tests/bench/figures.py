"""A figure, what stands beside it, and what is aimed at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`bare` is the raw primitive of the same run, in the same unit. The aim is of the value, or with
    `aims_at_ratio` of the ratio to the bare one; for times, bytes and counts it is the most, else the least.
    """

    name: str
    value: float
    unit: str
    bare: float | None = None
    beside: str = ""
    aim: float | None = None
    aims_at_ratio: bool = False
    p50_ms: float | None = None
    p99_ms: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.bare if self.bare else None

    @property
    def met(self) -> bool | None:
        """None where nothing is aimed at."""
        reached = self.ratio if self.aims_at_ratio else self.value
        if self.aim is None or reached is None:
            return None
        return reached >= self.aim if self.unit == "/s" else reached <= self.aim

    def to_document(self) -> dict[str, Any]:
        return {
            "figure": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "bare": None if self.bare is None else round(self.bare, 3),
            "beside": self.beside or None,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "aim": self._aim(),
            "met": self.met,
            "p50_ms": None if self.p50_ms is None else round(self.p50_ms, 2),
            "p99_ms": None if self.p99_ms is None else round(self.p99_ms, 2),
        }

    def line(self) -> tuple[str, ...]:
        """As a row of `COLUMNS`."""
        within = (
            "" if self.p50_ms is None or self.p99_ms is None else f"{self.p50_ms:.1f} / {self.p99_ms:.1f}"
        )
        return (
            self.name,
            f"{_short(self.value)} {self.unit}".strip(),
            _short(self.bare),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self._aim() or "",
            {True: "met", False: "missed", None: ""}[self.met],
            within,
        )

    def _aim(self) -> str | None:
        if self.aim is None:
            return None
        bound = "≥" if self.unit == "/s" else "≤"
        return f"{'ratio ' if self.aims_at_ratio else ''}{bound} {self.aim:g}"


COLUMNS = ("figure", "Interdesk", "bare", "ratio", "aim", "", "p50 / p99 ms")


@dataclass(frozen=True)
class Report:
    """`ran_on`: what the figures were made on."""

    ran_on: Mapping[str, str]
    figures: Sequence[Figure]

    def __getitem__(self, name: str) -> Figure:
        return next(figure for figure in self.figures if figure.name == name)

    def to_document(self) -> dict[str, Any]:
        return {"ran_on": dict(self.ran_on), "figures": [figure.to_document() for figure in self.figures]}

    def text(self) -> str:
        """A table, what stands beside what, and what it ran on."""
        rows = [COLUMNS, *(figure.line() for figure in self.figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        meanings = {figure.beside: figure.name for figure in reversed(self.figures) if figure.beside}
        lines += ["", *(f"bare, from {meanings[each]!r} on: {each}" for each in reversed(meanings))]
        return "\n".join([*lines, "", *(f"{what}: {told}" for what, told in self.ran_on.items())])


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that is at least as large as that share of all."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
