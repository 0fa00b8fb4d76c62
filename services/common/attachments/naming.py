"""How a record comes to its attachments, and loses them: `<field>_attachments: [{key, inline?, _destroy?}]`.

The record says what it has, and nothing else does. A save that names an upload is the one save of the record;
before it nothing has the file, after it the record does. So there is no moment at which a file is half on a
record, and a crash leaves at most an upload that nothing names, or a mark that the sweep takes off.

    put = named(context, actor, "remarks_attachments", given, before)
    marks = marks_of(context, [each["id"] for each in put])
    …save the record with `attachments: put`…
    mark_named(context, marks)

The marks are read before the save, for after it the next edit may take a file off again: it marks it anew
(`mark_unnamed`), and only the mark that stood before the save is taken off. Else nothing would ever look at
such a file again, and it would stay for good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.common.actor import Actor
from services.common.attachments.files import attachment_of, find
from services.common.attachments.marks import UNNAMED_KEPT, mark_unnamed
from services.common.context import Context
from services.common.database import Document
from services.common.errors import FieldError, Invalid

MAX_ATTACHMENTS: Final = 50
"""On one note or record."""


def named(
    context: Context,
    actor: Actor,
    field: str,
    given: Sequence[Mapping[str, Any]],
    before: Sequence[Document] = (),
) -> list[Document]:
    """The attachments of a record after an edit: those it has (`before`), with what is `given` of them
    changed, and the caller's uploads that it names. Those it loses are marked, for the sweep to look at.

    Raises Invalid `attachment_refused`, which says of each why.
    """
    after = {each["key"]: each for each in before}
    problems: list[FieldError] = []
    lost: list[int] = []
    for n, each in enumerate(given):
        key, inline = each["key"], each.get("inline")
        has = after.get(key)
        if each.get("_destroy"):
            problem = None if has else "is not attached here"
            if has:
                lost.append(after.pop(key)["id"])
        else:
            found = has or upload_of(context, actor, key)
            problem = found if isinstance(found, str) else _misfit(found, each)
            if problem is None and isinstance(found, dict):
                after[key] = found if inline is None else {**found, "inline": inline}
        if problem is not None:
            problems.append((f"{field}.{n}.key", problem))
    if len(after) > MAX_ATTACHMENTS:
        problems.append((field, f"makes more than {MAX_ATTACHMENTS} attachments"))
    if problems:
        raise Invalid("attachment_refused", errors=problems)
    if lost:
        mark_unnamed(context, lost)
    return list(after.values())


def upload_of(context: Context, actor: Actor, key: str) -> Document | str:
    """The attachment that the caller has uploaded under a key, or why there is none to be named."""
    found = find(context.database, key)
    if found is None or actor.person_id is None or found["metadata"].get("uploader") != actor.person_id:
        return "is the key of no upload of yours"
    if context.clock.now() - found["uploadDate"] >= UNNAMED_KEPT:
        return "was uploaded more than a day ago: upload it again"
    return attachment_of(found)


def _misfit(found: Document, given: Mapping[str, Any]) -> str | None:
    if given.get("inline") and not found["displayable"]:
        return "is no picture that can be shown in a text: leave inline out"
    if given.get("filesize") not in (None, found["size"]):
        return f"has {found['size']} bytes: upload it again if that is not all of it"
    return None
