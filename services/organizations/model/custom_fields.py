"""Custom fields of a record: the values it has in the form of a UI extension.

A record keeps `custom_fields: [{id, value}]` in the order of the form, and which version of which extension
they were written with (`ui_extension_id`, `ui_extension_version_id`). A write gives some of them; the others
stay, null clears one. Whatever is written is held to the version that is active now, as a whole: what was
there before is carried to it. A value that does not fit it any more is neither dropped nor kept unseen: the
write is refused, and names it, until a value that fits, or null, is given for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.organizations.model.custom_values import NoFile, Unfit, Value, fitting, is_file
from services.organizations.model.forms import FormField, Version
from services.organizations.model.rules import RuleBroken

KEPT: Final = ("custom_fields", "ui_extension_id", "ui_extension_version_id")
"""What a record keeps at its top: written together, and by nothing else."""
MAX_BYTES: Final = 64 * 1024
"""Of all values of one record."""

Given = Sequence[Mapping[str, Any]]


def written(version: Version | None, record: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """What is stored of the fields `given` (`[{id, value}]`) on a record (its state; empty for a new one):
    the fields named in KEPT. `version`: the active one of the record's kind.

    A reference is checked for its form only; `references` tells what has to be looked up. The values of
    attachments are looked up before (`naming_files`). Raises RuleBroken `no_ui_extension`, or
    `custom_fields_invalid` that names every field that is wrong.
    """
    if version is None:
        if given:
            raise RuleBroken(
                "no_ui_extension",
                "There is no active UI extension for such records, so they take no custom fields. "
                "Activate one first.",
                [("custom_fields", "there is no active UI extension for such records")],
            )
        return {}
    before = {each["id"]: each["value"] for each in record.get("custom_fields") or ()}
    asked, errors = _asked(given), list(_unknown(version, before, given))
    kept: list[dict[str, Any]] = []
    for field in version.fields:
        id = field["id"]
        try:
            value = fitting(field, asked[id] if id in asked else before.get(id))
        except Unfit as unfit:
            errors.append((f"custom_fields.{id}", _told(version, str(unfit), carried=id not in asked)))
            continue
        if value is not None:
            kept.append({"id": id, "value": value})
        elif field["required"]:
            errors.append((f"custom_fields.{id}", "is required"))
    for id in before.keys() - {field["id"] for field in version.fields} - asked.keys():
        errors.append((f"custom_fields.{id}", _told(version, "is not in the form", carried=True)))
    if not errors and len(json.dumps(kept, ensure_ascii=False).encode()) > MAX_BYTES:
        errors.append(("custom_fields", f"must be at most {MAX_BYTES // 1024} KB altogether"))
    if errors:
        raise RuleBroken(
            "custom_fields_invalid",
            f"The custom fields do not fit the form {version.said}: the errors name them.",
            errors,
        )
    return {
        "custom_fields": kept,
        "ui_extension_id": version.extension_id,
        "ui_extension_version_id": version.id,
    }


def naming_files(
    version: Version | None,
    record: Mapping[str, Any],
    given: Given,
    upload: Callable[[str], Mapping[str, Any] | str],
) -> list[dict[str, Any]]:
    """The values given, with the files that they name by a key, or NoFile, in the place of the key. A file
    that the record has stays; `upload` gives others, or says why it does not.
    """
    ids = {field["id"] for field in (version.fields if version else ()) if field["type"] == "attachment"}
    has = {file["key"]: file for file in files(record.get("custom_fields"))}

    def named(value: Value) -> Value:
        key = value.get("key") if isinstance(value, Mapping) else value
        if not isinstance(key, str) or not key.strip():
            return value
        found = has.get(key) or upload(key)
        return NoFile(found) if isinstance(found, str) else found

    return [{**each, "value": named(each.get("value"))} if each["id"] in ids else {**each} for each in given]


def files(values: Given | None) -> list[Value]:
    """The files among the values of a record."""
    return [each["value"] for each in values or () if is_file(each["value"])]


def with_names(values: Given) -> list[dict[str, Any]]:
    """The values, each file by its name."""
    return [
        {**each, "value": each["value"]["name"]} if is_file(each["value"]) else {**each} for each in values
    ]


@dataclass(frozen=True)
class Referred:
    """A record that a value refers to. A `carried` value was there before, in another version, which may have
    meant another kind of record by it."""

    field: str
    kind: str
    id: int
    carried: bool


def references(
    version: Version | None, record: Mapping[str, Any], stored: Mapping[str, Any]
) -> Iterator[Referred]:
    """What of `stored` has to be looked up; values that stay in one version have been."""
    before = {each["id"]: each["value"] for each in record.get("custom_fields") or ()}
    stays = stored.get("ui_extension_version_id") == record.get("ui_extension_version_id")
    kinds = {field["id"]: field["reference"] for field in (version.fields if version else ())}
    for each in stored.get("custom_fields") or ():
        kind, same = kinds.get(each["id"]), before.get(each["id"]) == each["value"]
        if kind is not None and not (same and stays):
            yield Referred(f"custom_fields.{each['id']}", kind, each["value"], carried=same)


def only(values: Given | None, ids: Collection[str]) -> list[dict[str, Any]]:
    """The values of these fields."""
    return [dict(each) for each in values or () if each["id"] in ids]


def open_to_all(fields: Iterable[FormField]) -> set[str]:
    """The ids of the fields that everybody sees who may see the record. One that stands there more than once
    (in several versions of a form) is one of them if it was never internal.
    """
    told = list(fields)
    return {field["id"] for field in told} - {field["id"] for field in told if field["internal"]}


def differing(old: Given | None, new: Given | None) -> list[list[dict[str, Any]]]:
    """[old, new] of what an edit changes, for the history."""
    before = {each["id"]: each["value"] for each in old or ()}
    after = {each["id"]: each["value"] for each in new or ()}
    return [
        [{"id": id, "value": value} for id, value in side.items() if before.get(id) != after.get(id)]
        for side in (before, after)
    ]


def _asked(given: Given) -> dict[str, Value]:
    return {each["id"]: each.get("value") for each in given}


def _unknown(version: Version, before: Mapping[str, Any], given: Given) -> Iterator[tuple[str, str]]:
    """What is given twice, or for a field that the form does not have; to clear such a value is all right."""
    known, seen = {field["id"] for field in version.fields}, set[str]()
    for each in given:
        id = each["id"]
        if id in seen:
            yield f"custom_fields.{id}", "is given more than once"
        elif id not in known and not (id in before and each.get("value") is None):
            yield f"custom_fields.{id}", f"is not in the form {version.said}"
        seen.add(id)


def _told(version: Version, text: str, *, carried: bool) -> str:
    if not carried:
        return text
    return f"has a value that no longer fits {version.said}: {text}. Give another one, or null to clear it"
