"""What rows say that their records never said.

A row is made after the save that it is of. So what was seen in rows *before* their service was asked can't be
newer than what the service tells: where it is, the row is wrong, or the service was restored since. What is
seen after may be newer, and says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Told:
    """All records of a service after some id, up to `end` (None: to the last), in the order of their ids."""

    records: Sequence[Mapping[str, Any]]
    end: int | None = None

    @property
    def versions(self) -> dict[int, int]:
        return {each["id"]: each["version"] for each in self.records}

    def until(self, last: int | None) -> Told:
        """Of them those up to `last`, if that comes first."""
        if last is None or (self.end is not None and self.end <= last):
            return self
        return replace(self, records=[each for each in self.records if each["id"] <= last], end=last)


@dataclass(frozen=True)
class Seen:
    """Rows: `versions` by their ids, `notes` (each with its request's id) by theirs. `last`: there are more
    after this id.
    """

    versions: Mapping[int, int]
    notes: Mapping[int, int] = field(default_factory=dict)
    last: int | None = None

    def __bool__(self) -> bool:
        return bool(self.versions or self.notes)


def beyond(seen: Seen, told: Told) -> Seen:
    """Those rows that are of nothing that was told, or of a newer version of it."""
    known = told.versions
    notes = {note["id"] for each in told.records for note in each.get("notes", ())}
    versions = {
        id: version
        for id, version in seen.versions.items()
        if (told.end is None or id <= told.end) and version > known.get(id, -1)
    }
    lost = {id: of for id, of in seen.notes.items() if of in known and id not in notes}
    return Seen(versions, lost)
