"""Landing: where a partner's file lies while it comes, and whether it is what was offered when it is here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pymongo.errors import DuplicateKeyError

from services.common import attachments
from services.common.attachments.files import FILES
from services.common.database import Document, answering

if TYPE_CHECKING:
    from services.common.context import Context


class Landing:
    """In the database of one service."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._files = context.database[FILES.name]

    def place(self, row: Mapping[str, Any]) -> tuple[str, bool]:
        """Where it lies, made when it is not there yet, and whether it has landed: that may be so where a
        crash kept its row from knowing. Raises Invalid `too_large`.
        """
        found = self._find(row)
        if found is None:
            try:
                return attachments.begin(self._context, room=row["file"]["size"], id=row["id"]), False
            except DuplicateKeyError:  # another process was first
                found = self._find(row)
                assert found is not None
        return found["_id"], found["metadata"]["state"] == "here"

    def land(self, row: Mapping[str, Any], lies: str) -> Document:
        """What the record holds of it (`attachments.attachment_of`). What is refused is gone.

        Raises Invalid `damaged`, and what `attachments.finish` refuses for its kind.
        """
        file = row["file"]
        landed = attachments.find_by_id(self._context.database, row["id"])
        if landed is not None:
            return attachments.attachment_of(landed, file["inline"])
        return attachments.finish(
            self._context,
            lies,
            name=file["name"],
            declared=file["type"],
            expected=(file["size"], file["sha256"]),
            inline=file["inline"],
        )

    def clear(self, row: Mapping[str, Any]) -> None:
        """Nothing of it stays."""
        found = self._find(row)
        if found is not None:
            attachments.drop(self._context, found["_id"])

    def _find(self, row: Mapping[str, Any]) -> Document | None:
        with answering():
            return self._files.find_one({"metadata.id": row["id"]}, {"metadata": 1})
