"""Reports and dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from services.common.fields import MAX_ID, ReferenceIds, Text, Whole, long_text
from services.common.schemas import InputSchema, NamedRecordSchema, OutputSchema, SourceSchema
from services.reporting.model.subjects import BUCKETS, MAX_DAYS, MAX_GROUPS, MAX_MEASURES, SUBJECTS

NOBODY, ACCOUNT, TEAMS = "nobody", "account", "teams"
MAX_REPORTS: Final = 12
MAX_FILTERS: Final = 10
MAX_VALUES: Final = 100
_ONE_OF: Final = "must be one of: {choices}"
_MOST: Final = "must hold at most {max}"


class FilterValue(fields.Field[Any]):
    """A word, the id of a record, or null."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if isinstance(value, Mapping):
            value = value.get("id")
        if type(value) is int and 0 < value <= MAX_ID:
            return value
        if isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable():
            return value
        raise ValidationError("must be a word, the id of a record, or null")


class FilterSchema(InputSchema):
    """Rows whose field has one of these values."""

    field = Text(64, required=True)
    values = fields.List(
        FilterValue(allow_none=True),
        required=True,
        validate=validate.Length(min=1, max=MAX_VALUES, error="must hold {min} to {max}"),
    )


class _SharedInputSchema(SourceSchema):
    """Who may see it beside its owner. `teams`: of `shared_with` teams. `slas`: the customer representatives
    of these see it too, and of every figure only what is of theirs."""

    name = Text(128, required=True)
    description = long_text()
    disabled = fields.Boolean()
    shared_with = fields.String(validate=validate.OneOf((NOBODY, ACCOUNT, TEAMS), error=_ONE_OF))
    team_ids = ReferenceIds(100, bare="teams")
    sla_ids = ReferenceIds(100, bare="slas")


def _words(most: int) -> fields.List:
    return fields.List(Text(64, required=True), validate=validate.Length(max=most, error=_MOST))


class ReportInputSchema(_SharedInputSchema):
    """A report. `moment`: at which of its moments a record is counted; the subject's first one by default.
    `days`: how many it tells of, to today, when nobody asks for others."""

    subject = fields.String(required=True, validate=validate.OneOf(tuple(SUBJECTS), error=_ONE_OF))
    moment = Text(64, allow_none=True)
    measures = fields.List(
        Text(64, required=True),
        validate=validate.Length(min=1, max=MAX_MEASURES, error="must hold {min} to {max}"),
    )
    groups = _words(MAX_GROUPS)
    bucket = fields.String(allow_none=True, validate=validate.OneOf(BUCKETS, error=_ONE_OF))
    filters = fields.List(Whole(FilterSchema), validate=validate.Length(max=MAX_FILTERS, error=_MOST))
    days = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=MAX_DAYS, error="must be between {min} and {max}"),
    )


class DashboardInputSchema(_SharedInputSchema):
    """A dashboard: reports in their order."""

    report_ids = ReferenceIds(MAX_REPORTS, bare="reports")


class _SharedSchema(NamedRecordSchema):
    """`owner`: nobody's where the account has it from the beginning."""

    description = fields.String()
    disabled = fields.Boolean()
    owner_id = fields.Integer()
    shared_with = fields.String()
    team_ids = fields.List(fields.Integer())
    sla_ids = fields.List(fields.Integer())


class SaidFilterSchema(OutputSchema):
    field = fields.String()
    values = fields.List(fields.Raw(allow_none=True))


class ReportSchema(_SharedSchema):
    subject = fields.String()
    moment = fields.String()
    measures = fields.List(fields.String())
    groups = fields.List(fields.String())
    bucket = fields.String()
    filters = fields.List(fields.Nested(SaidFilterSchema))
    days = fields.Integer()


class DashboardSchema(_SharedSchema):
    report_ids = fields.List(fields.Integer())
