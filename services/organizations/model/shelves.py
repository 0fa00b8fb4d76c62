"""Archive, trash and restore: records out of use without being gone.

A record is in use, or it stands on a shelf (`shelf`): in the archive, or in the trash. On either it is in no
list but that of its shelf, cannot be chosen for anything new, and is not changed; a person's tokens open
nothing. What names it goes on naming it, and restored it is what it was.

    archive   still there to be looked at by its id, and keeps what is its own: address, source
    trash     found by nobody but who would restore it; what was its own is free for others

An organization on a shelf gets no people by e-mail domain, so its domains are free on either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.organizations.model.rules import RuleBroken

ARCHIVE = "archive"
TRASH = "trash"
SHELVES = (ARCHIVE, TRASH)
# Where each of 4me's verbs puts a record; None is in use.
VERBS: Mapping[str, str | None] = {"archive": ARCHIVE, "trash": TRASH, "restore": None}
# How 4me says it of a record: `"archived": "true"`.
WORDS: Mapping[str, str] = {ARCHIVE: "archived", TRASH: "trashed"}


def put(state: Mapping[str, Any], shelf: str | None) -> dict[str, Any]:
    """The state on that shelf, or in use."""
    bare = {name: value for name, value in state.items() if name != "shelf"}
    return bare if shelf is None else {**bare, "shelf": shelf}


def in_use(kind: str, record: Mapping[str, Any]) -> None:
    """Raises RuleBroken `not_found` for what is in the trash, `archived_record` for what is archived."""
    if record.get("shelf") == TRASH:
        raise RuleBroken("not_found", f"There is no such {kind}.")
    if record.get("shelf") == ARCHIVE:
        raise RuleBroken(
            "archived_record",
            f"The {kind} {record['name']} is archived. Restore it first.",
            [("id", "is archived")],
        )


def unavailable(record: Mapping[str, Any]) -> bool:
    """Whether nothing new may name the record: it is disabled, or on a shelf."""
    return bool(record.get("disabled") or record.get("shelf"))
