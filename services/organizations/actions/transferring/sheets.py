"""What a file of organizations, people, teams or sites looks like: its columns, and what their cells mean.

A column is a field of the record as the API shows it, under the API's name. A reference has two columns that
are written, `manager_id` (a number) and `manager` (the e-mail address of a person, else the name), and two
more that are understood, `manager_source` and `manager_sourceID`. Lists of objects are JSON. A field that a
record gains is a column by itself.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, Final

from marshmallow import Schema, fields

from services.common import roles
from services.common.context import Context
from services.common.fields import ReferenceId, ReferenceIds
from services.organizations import schemas, store
from services.organizations.actions.records import editing
from services.organizations.actions.saving import found
from services.organizations.model.shelves import WORDS

IN_USE: Final[Mapping[str, Any]] = {"shelf": None}
"""The filter of what is neither archived nor in the trash; the rest is named by its id alone."""
MEMBERS: Final = {"member_ids": "person"}
WORDS_OF: Final = ("roles",)
"""Lists of words, which a cell has with commas between them."""
_TOLD: Final = (*WORDS.values(), "business_unit_organization_id", "from_account", "ours")
_FIRST: Final = ("id", "account", "source", "sourceID", "name")
_LAST: Final = ("created_at", "updated_at")


class Form(Enum):
    """How a cell stands for the value of a field."""

    TEXT = "text"
    FLAG = "true or false"
    JSON = "JSON"
    ID = "an id"
    LABEL = "a name or an e-mail address"
    SOURCE = "a source"
    SOURCE_ID = "a sourceID"
    IDS = "ids"
    LABELS = "names or e-mail addresses"
    WORDS = "words"
    SHOWN = "shown only"


@dataclass(frozen=True)
class Column:
    """`field` is the record's, `kind` that of the records it refers to."""

    name: str
    field: str
    form: Form
    kind: str = ""

    @property
    def exported(self) -> bool:
        return self.form not in (Form.SOURCE, Form.SOURCE_ID)


@dataclass(frozen=True)
class Sheet:
    """A type of file. `found_by` is the column that names a record beside its ids; `above` the reference to a
    record of the same kind that has to be there first; `line` what a record is shown as, where a line says
    more of it than the API.
    """

    name: str
    kind: str
    roles: tuple[str, ...]
    taken: type[Schema]
    shown: type[Schema]
    create: Callable[..., dict[str, Any]]
    update: Callable[..., dict[str, Any]]
    found_by: str = "name"
    above: str = ""
    line: str = ""

    def shows(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """A record (`schemas.shown`) with all that its line says of it."""
        return schemas.shown(self.line or self.kind, record)

    @property
    def columns(self) -> Mapping[str, Column]:
        return _columns(self)

    @property
    def exported(self) -> list[Column]:
        return [column for column in self.columns.values() if column.exported]


SHEETS: Final[Mapping[str, Sheet]] = {
    sheet.name: sheet
    for sheet in (
        Sheet(
            "organizations",
            "organization",
            roles.MAINTAIN_ORGANIZATIONS,
            schemas.OrganizationInputSchema,
            schemas.OrganizationSchema,
            editing.create_organization,
            editing.update_organization,
            above="parent",
        ),
        Sheet(
            "people",
            "person",
            roles.ADMINISTRATORS,
            schemas.PersonLineInputSchema,
            schemas.PersonLineSchema,
            editing.create_person,
            editing.update_person,
            found_by="primary_email",
            above="manager",
            line="person_line",
        ),
        Sheet(
            "teams",
            "team",
            roles.MAINTAIN_TEAMS,
            schemas.TeamInputSchema,
            schemas.TeamSchema,
            editing.create_team,
            editing.update_team,
        ),
        Sheet(
            "sites",
            "site",
            roles.MAINTAIN_ORGANIZATIONS,
            schemas.SiteInputSchema,
            schemas.SiteSchema,
            editing.create_site,
            editing.update_site,
        ),
    )
}


@cache
def _columns(sheet: Sheet) -> Mapping[str, Column]:
    taken = sheet.taken().fields
    # Files that belong to a record do not stand in a cell, nor does what only the one who asks is told.
    shown = [name for name in sheet.shown().fields if not name.endswith("attachments") and name not in _TOLD]
    between = [name for name in shown if name not in (*_FIRST, *_LAST)]
    ordered = [name for name in (*_FIRST, *between, *_LAST) if name in shown]
    made = [column for name in ordered for column in _of_field(sheet.kind, name, taken.get(name))]
    return {column.name: column for column in made}


def _of_field(kind: str, name: str, field: fields.Field | None) -> Iterable[Column]:
    if isinstance(field, ReferenceId):
        bare = field.bare(name)
        yield Column(name, name, Form.ID)
        referred = editing.REFERENCES[kind].get(name, "")
        if referred in store.KINDS:  # what another service has is named by its id alone
            yield Column(bare, name, Form.LABEL, referred)
            yield Column(f"{bare}_source", name, Form.SOURCE, referred)
            yield Column(f"{bare}_sourceID", name, Form.SOURCE_ID, referred)
    elif isinstance(field, ReferenceIds):
        yield Column(name, name, Form.IDS)
        if name in MEMBERS:
            yield Column(field.bare(name), name, Form.LABELS, MEMBERS[name])
    elif name in WORDS_OF:
        yield Column(name, name, Form.WORDS)
    elif field is None:
        yield Column(name, name, Form.SHOWN)
    elif isinstance(field, fields.Boolean):
        yield Column(name, name, Form.FLAG)
    elif isinstance(field, fields.List | fields.Nested | fields.Mapping):
        yield Column(name, name, Form.JSON)
    else:
        yield Column(name, name, Form.TEXT)


Labels = Mapping[str, Mapping[int, str]]
"""By kind and id, what records are called in cells."""


def labels(context: Context, columns: Iterable[Column], documents: Iterable[Mapping[str, Any]]) -> Labels:
    """What the records are called that these, as they are shown, refer to in these columns."""
    named = [column for column in columns if column.form in (Form.LABEL, Form.LABELS)]
    wanted: dict[str, set[int]] = {column.kind: set() for column in named}
    for document in documents:
        for column in named:
            value = document.get(column.field)
            wanted[column.kind].update(value if isinstance(value, list) else [] if value is None else [value])
    return {
        kind: {id: label(state) for id, state in found(context, kind, ids).items()}
        for kind, ids in wanted.items()
    }


def label(state: Mapping[str, Any]) -> str:
    """What a record is called in a cell."""
    return str(state.get("primary_email") or state["name"])


def cell(column: Column, document: Mapping[str, Any], labels: Labels) -> str:
    """The text of a cell, for a record as it is shown."""
    value = document.get(column.field)
    if value is None or value == []:
        return ""
    if column.form is Form.LABEL:
        return labels[column.kind].get(value, "")
    if column.form is Form.LABELS:
        return ", ".join(labels[column.kind].get(id, str(id)) for id in value)
    if column.form in (Form.IDS, Form.WORDS):
        return ", ".join(str(each) for each in value)
    if column.name == "account":
        return str(value["id"])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def same(given: str, kept: str) -> bool:
    """Whether two cells say the same: spreadsheets write line ends and marks in their own ways."""
    return given == kept or _normal(given) == _normal(kept)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
