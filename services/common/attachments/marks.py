"""Which files no record is known to name: they are marked, and swept a day later. See the package."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from services.common.attachments.files import FILES, drop
from services.common.context import Context
from services.common.database import Document, answering
from services.common.errors import Unavailable

UNNAMED_KEPT: Final = timedelta(hours=24)
SWEPT_AFTER: Final = timedelta(hours=25)
"""Later than anything can be named, so that what is being named is not swept."""

Marks = Mapping[int, datetime]
"""Since when no record is known to name a file, by its id."""


def mark_unnamed(context: Context, ids: list[int]) -> None:
    """Before a save that takes these off a record: the sweep shall look whether any names them still."""
    _mark(context, {"metadata.id": {"$in": ids}}, {"$set": {"metadata.unnamed_since": context.clock.now()}})


def marks_of(context: Context, ids: Iterable[int]) -> Marks:
    """The marks that these have, of those that have one. Read them before the save that puts these on a
    record, and give them to `mark_named` after it.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    with answering():
        found = context.database[FILES.name].find({"metadata.id": {"$in": wanted}}, {"metadata": 1})
        known = [each["metadata"] for each in found]
    return {each["id"]: each["unnamed_since"] for each in known if "unnamed_since" in each}


def mark_named(context: Context, marks: Marks) -> None:
    """After a save that put these on a record: takes the marks off that they had before it. One that has been
    marked again meanwhile is on its way off a record, and keeps that mark. What stays marked the sweep finds
    out: the save is made.
    """
    with contextlib.suppress(Unavailable):
        for id, since in marks.items():
            seen = {"metadata.id": id, "metadata.unnamed_since": since}
            _mark(context, seen, {"$unset": {"metadata.unnamed_since": ""}})


def sweep(context: Context, is_named: Callable[[int], bool]) -> int:
    """Deletes what has been uploaded, or taken off a record, a day ago, and what has not come to its end by
    then, unless a record names it. Gives how many.
    """
    before = {"metadata.unnamed_since": {"$lte": context.clock.now() - SWEPT_AFTER}}
    with answering():
        found = list(context.database[FILES.name].find(before, {"metadata": 1}))
    gone = 0
    for each in found:
        id = each["metadata"].get("id")
        if id is not None and is_named(id):
            mark_named(context, {id: each["metadata"]["unnamed_since"]})
        else:
            drop(context, each["_id"])
            gone += 1
    return gone


def _mark(context: Context, which: Document, how: Document) -> None:
    with answering():
        context.database[FILES.name].update_many(which, how)
