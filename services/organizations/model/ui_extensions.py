"""UI extensions: forms of custom fields, each for records of one kind (its `category`), in versions.

At any time an extension has at most one version that is prepared and one that is active. The prepared one is
edited freely. Activating freezes it for good and archives the active one before: records keep values that
were written with it, and are read by it. Of one category at most one extension stands, enabled with an
active version, because records are written by one form; its key `stands_for` is unique.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from services.organizations.model.forms import FormField, Version
from services.organizations.model.rules import RuleBroken

State = Mapping[str, Any]

MAX_VERSIONS: Final = 100
BEING_PREPARED, ACTIVE, ARCHIVED = "being_prepared", "active", "archived"


def keyed(state: State) -> dict[str, Any]:
    """The state with the key of its category while it stands for it."""
    result = {name: value for name, value in state.items() if name != "stands_for"}
    if state.get("active_version") is not None and not state["disabled"]:
        result["stands_for"] = state["category"]
    return result


def versions(state: State) -> list[dict[str, Any]]:
    """All versions, the oldest first."""
    later = (state.get("active_version"), state.get("prepared_version"))
    return [*(state.get("archived_versions") or ()), *(each for each in later if each is not None)]


def prepared(state: State, fields: Sequence[FormField], id: int, now: datetime) -> dict[str, Any]:
    """The state with these fields in its prepared version. `id`: of the version when there was none.

    Raises RuleBroken `too_many_versions`.
    """
    version = state.get("prepared_version")
    if version is None:
        number = len(versions(state)) + 1
        if number > MAX_VERSIONS:
            raise RuleBroken(
                "too_many_versions",
                f"A UI extension has at most {MAX_VERSIONS} versions. Make a new one with this form.",
                [("fields", f"there are {MAX_VERSIONS} versions already")],
            )
        times = {"created_at": now, "activated_at": None, "archived_at": None}
        version = {"id": id, "number": number, "status": BEING_PREPARED, **times}
    return {**state, "prepared_version": {**version, "fields": list(fields), "updated_at": now}}


def activated(state: State, now: datetime) -> dict[str, Any]:
    """The state with its prepared version active. Raises RuleBroken `nothing_prepared`, `form_empty`."""
    coming, leaving = state.get("prepared_version"), state.get("active_version")
    if coming is None:
        raise RuleBroken(
            "nothing_prepared",
            "No version is being prepared. Change the fields first: that begins one.",
            [("prepared_version", "there is none")],
        )
    if not coming["fields"]:
        raise RuleBroken(
            "form_empty",
            "A form without fields cannot be activated. Add some, or disable the UI extension.",
            [("fields", "must not be empty")],
        )
    archived = list(state.get("archived_versions") or ())
    if leaving is not None:
        archived.append({**leaving, "status": ARCHIVED, "archived_at": now, "updated_at": now})
    return {
        **state,
        "active_version": {**coming, "status": ACTIVE, "activated_at": now, "updated_at": now},
        "prepared_version": None,
        "archived_versions": archived,
    }


def another_stands(name: str, id: int, category: str) -> RuleBroken:
    """The refusal to have a second UI extension stand for a category beside the one named."""
    return RuleBroken(
        "another_ui_extension",
        f"The UI extension {name} ({id}) is active for category {category}, and there is one at a time. "
        "Disable it first.",
        [("category", f"the UI extension {name} is active for {category}")],
    )


def active(extension: Mapping[str, Any]) -> Version:
    """The active version of an extension's document."""
    version = extension["active_version"]
    fields = tuple(version["fields"])
    return Version(version["id"], extension["_id"], extension["name"], version["number"], fields)
