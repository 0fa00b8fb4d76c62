"""Custom fields as a viewer sees them: by the form that they were written with.

What is internal is hidden from who may not see it. Audit lines may be older than the form of the record, so
there a field is hidden that was internal in any version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo.database import Database

from services.common import roles
from services.common.actor import Actor
from services.common.database import answering
from services.organizations import store
from services.organizations.model import custom_fields, ui_extensions
from services.organizations.model.forms import FormField

Document = dict[str, Any]

_CHANGED: Final = "custom_fields"


class CustomFields:
    """What one viewer is shown of custom fields. Each version is looked up once."""

    def __init__(self, database: Database[Document], viewer: Actor) -> None:
        self._database = database
        self._sees_all = viewer.has(*roles.SEE_INTERNAL_FIELDS)
        self._known: dict[tuple[int, int], tuple[FormField, ...]] = {}

    def of(self, record: Document) -> Document:
        """The record (a document) with what the viewer may see; a value that refers to a record has its id
        under the name of its kind too (`person_id`)."""
        values = record.get("custom_fields")
        if not values:
            return record
        form = self._form(record["ui_extension_id"], record["ui_extension_version_id"])
        kinds = {field["id"]: field["reference"] for field in form}
        seen = values if self._sees_all else custom_fields.only(values, custom_fields.open_to_all(form))
        told = [
            {**each, f"{kind}_id": each["value"]} if (kind := kinds.get(each["id"])) else each
            for each in seen
        ]
        return {**record, "custom_fields": told}

    def in_history(self, kind: str, entries: Iterable[Document]) -> list[Document]:
        """The entries of a record of a kind as the viewer may see them."""
        told = list(entries)
        if self._sees_all or not any(_CHANGED in each["changes"] for each in told):
            return told
        with answering():
            extensions = list(self._database[store.UI_EXTENSIONS].find({"category": kind}))
        versions = [version for each in extensions for version in ui_extensions.versions(each)]
        seen = custom_fields.open_to_all(field for version in versions for field in version["fields"])
        return [{**each, "changes": _only(each["changes"], seen)} for each in told]

    def _form(self, extension_id: int, version_id: int) -> tuple[FormField, ...]:
        key = (extension_id, version_id)
        if key not in self._known:
            self._known[key] = tuple(self._fields(extension_id, version_id))
        return self._known[key]

    def _fields(self, extension_id: int, version_id: int) -> Sequence[FormField]:
        # Mostly it is the active one; the archived ones are many, and read when they are needed.
        for projection in ({"active_version": 1}, {"archived_versions": 1}):
            with answering():
                found = self._database[store.UI_EXTENSIONS].find_one({"_id": extension_id}, projection)
            for version in ui_extensions.versions(found or {}):
                if version["id"] == version_id:
                    fields: Sequence[FormField] = version["fields"]
                    return fields
        return ()  # of what nothing is known nothing is open


def _only(changes: Mapping[str, Any], seen: set[str]) -> Document:
    """The changes with those custom fields alone; with none at all where nothing is left of them."""
    if _CHANGED not in changes:
        return dict(changes)
    sides = [custom_fields.only(side, seen) for side in changes[_CHANGED]]
    return {
        **{name: change for name, change in changes.items() if name != _CHANGED},
        **({_CHANGED: sides} if any(sides) else {}),
    }
