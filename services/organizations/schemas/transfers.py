"""Imports and exports of CSV files."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from services.common.csv_cells import LINE_SEPARATORS
from services.common.fields import Moment, Text, one_of
from services.common.schemas import InputSchema, OutputSchema
from services.organizations.model.csv_lines import DELIMITERS
from services.organizations.model.roles import ROLES
from services.organizations.schemas.contacts import locale
from services.organizations.schemas.records import PersonInputSchema, PersonSchema

TYPES: Final = ("organizations", "people", "teams", "sites")


class Types(fields.Field[list[str]]):
    """Types of records: `organizations,people`, or a list."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[str]:
        named = value.split(",") if isinstance(value, str) else value
        if not isinstance(named, list) or not named or any(each not in TYPES for each in named):
            raise ValidationError(f"must be some of {', '.join(TYPES)}, separated by commas")
        return list(dict.fromkeys(named))


class PersonLineInputSchema(PersonInputSchema):
    """What a line says of a person: the record, and the roles in this account, all of them. Which there are,
    `model.roles` says.
    """

    roles = fields.List(fields.String(), validate=validate.Length(max=len(ROLES)))


class PersonLineSchema(PersonSchema):
    """A person as a line has it."""

    roles = fields.List(fields.String())


class ImportInputSchema(InputSchema):
    """What is said of a file to be imported."""

    type = one_of(TYPES, required=True, allow_none=False)
    file = Text(255, required=True)
    dry_run = fields.Boolean()
    delimiter = one_of(tuple(DELIMITERS), allow_none=False)


class ImportResultsSchema(OutputSchema):
    """How many lines came to what: `failures` are refused, `errors` could not be read or broke."""

    created = fields.Integer()
    updated = fields.Integer()
    deleted = fields.Integer()
    unchanged = fields.Integer()
    failures = fields.Integer()
    errors = fields.Integer()


class ImportSchema(OutputSchema):
    """An import. `line` is how many of its `lines` are done; `errors` say why the whole file was refused."""

    token = fields.String()
    state = fields.String()
    type = fields.String()
    file = fields.String()
    dry_run = fields.Boolean()
    line = fields.Integer()
    lines = fields.Integer()
    results = fields.Nested(ImportResultsSchema)
    errors = fields.List(fields.List(fields.String()))
    logfile = fields.String()
    created_at = Moment()
    started_at = Moment()
    ended_at = Moment()


class ImportLineSchema(OutputSchema):
    """What became of a line: `changes` are `{column: [old, new]}`, `errors` pairs of a column and a text."""

    id = fields.String()
    line = fields.Integer()
    outcome = fields.String()
    record_id = fields.Integer()
    changes = fields.Dict()
    errors = fields.List(fields.List(fields.String()))


class ExportInputSchema(InputSchema):
    """What to export. The words in the files are the API's own in every language, so that an import reads
    them back: `locale` changes nothing.
    """

    type = Types(required=True)
    since = Moment(data_key="from", attribute="from", allow_none=True)
    export_format = fields.String(
        validate=validate.OneOf(["csv"], error="must be csv: there are no workbooks (xlsx) yet")
    )
    line_separator = one_of(tuple(LINE_SEPARATORS), allow_none=False)
    locale = locale(allow_none=True)


class ExportSchema(OutputSchema):
    """An export: `line` is how many records it has so far; `url` is where its file is, once it is done."""

    token = fields.String()
    state = fields.String()
    type = fields.String()
    line = fields.Integer()
    url = fields.String()
    errors = fields.List(fields.List(fields.String()))
    created_at = Moment()
    ended_at = Moment()
    expires_at = Moment()


class TransferTokenSchema(OutputSchema):
    """By what an import or export is asked for."""

    token = fields.String(required=True)
