"""What inboxes hear of a request that a partner shows here: `request.observation_changed`.

    {request_id, n, at, status, by_id, notes: [{id, at, by_id}]}

`status` is None when the partner shows it no more. `notes` are those that were not shown before, none of a
request that is shown for the first time, or again. A partner names its own people only: what was written or
withdrawn by one of ours is known by what they did (`actions`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.requests.model.wire import time_text

Document = dict[str, Any]


def news(
    before: Mapping[str, Any], after: Mapping[str, Any], *, id: int, n: int, at: datetime
) -> Document | None:
    """What a save that is its document's `n`th changed of what is shown; None: nothing that is told."""
    was_shown, is_shown = "core" in before, "core" in after
    notes = _new(before, after) if was_shown and is_shown else []
    if before.get("status") == after.get("status") and was_shown == is_shown and not notes:
        return None
    return {
        "request_id": id,
        "n": n,
        "at": time_text(at),
        "status": after["status"] if is_shown else None,
        "by_id": _who_withdrew(after) if is_shown else None,
        "notes": notes,
    }


def _new(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Document]:
    newest = max((note["id"] for note in before["notes"]), default=0)
    return [
        {"id": note["id"], "at": time_text(note["created_at"]), "by_id": _who_said(after, note)}
        for note in after["notes"]
        if note["id"] > newest
    ]


def _who_said(after: Mapping[str, Any], note: Mapping[str, Any]) -> int | None:
    """Of several of ours who said the same, the last."""
    if note["person"] is not None:
        return None
    same = (each for each in reversed(after.get("actions", ())) if each["text"] == note["text"])
    return next((each["person"]["id"] for each in same if each["state"] != "refused"), None)


def _who_withdrew(after: Mapping[str, Any]) -> int | None:
    """Of several who tried, the first: once it is withdrawn, the others are refused."""
    if after["completion_reason"] != "withdrawn":
        return None
    tried = (each for each in after.get("actions", ()) if each["action"] == "withdraw")
    return next((each["person"]["id"] for each in tried if each["state"] != "refused"), None)
