"""What is done by itself: SLA notification schemes, and follow-ups on customers who do not answer."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.common.fields import ReferenceId, Text, Whole
from services.common.schemas import InputSchema, NamedRecordSchema, OutputSchema, SourceSchema
from services.slas.model.clocks import TOLD

# So many at most in one record.
MAX_RULES = 20
MAX_DAYS = 366
_FLAGS = tuple(f"notify_{name}" for name in TOLD)


def _number(least: int, most: int, **options: Any) -> fields.Integer:
    within = validate.Range(min=least, max=most, error="must be between {min} and {max}")
    return fields.Integer(strict=True, validate=within, **options)


def _rules(of: type[InputSchema]) -> fields.List:
    return fields.List(Whole(of), validate=validate.Length(max=MAX_RULES, error="must hold at most {max}"))


_FlagsIn: Any = InputSchema.from_dict(
    {name: fields.Boolean(load_default=False) for name in _FLAGS}, name="FlagsIn"
)
_FlagsOut: Any = OutputSchema.from_dict({name: fields.Boolean() for name in _FLAGS}, name="FlagsOut")


class NotificationRuleInputSchema(_FlagsIn):
    """Whom to tell when so many percent of the time until a target are gone. `escalate_to_team`: an own team
    that the request goes to then; `make_urgent`: it becomes urgent."""

    threshold_percentage = _number(1, 100, required=True)
    escalate_to_team_id = ReferenceId(allow_none=True, load_default=None)
    make_urgent = fields.Boolean(load_default=False)


class SlaNotificationSchemeInputSchema(SourceSchema):
    """An SLA notification scheme. An edit gives its rules whole."""

    name = Text(128, required=True)
    disabled = fields.Boolean()
    rules = _rules(NotificationRuleInputSchema)


class WaitingForCustomerRuleInputSchema(InputSchema):
    """The customer is reminded after so many business days."""

    nr_of_business_days = _number(1, MAX_DAYS, required=True)


class WaitingForCustomerFollowUpInputSchema(SourceSchema):
    """A follow-up on customers who do not answer. With `auto_complete` the request is completed in the end.
    An edit gives its rules whole."""

    name = Text(128, required=True)
    disabled = fields.Boolean()
    rules = _rules(WaitingForCustomerRuleInputSchema)
    auto_complete = fields.Boolean()
    auto_complete_nr_of_business_days = _number(1, MAX_DAYS, allow_none=True)


class NotificationRuleSchema(_FlagsOut):
    threshold_percentage = fields.Integer()
    escalate_to_team_id = fields.Integer()
    make_urgent = fields.Boolean()


class SlaNotificationSchemeSchema(NamedRecordSchema):
    disabled = fields.Boolean()
    rules = fields.List(fields.Nested(NotificationRuleSchema))


class WaitingForCustomerRuleSchema(OutputSchema):
    nr_of_business_days = fields.Integer()


class WaitingForCustomerFollowUpSchema(NamedRecordSchema):
    disabled = fields.Boolean()
    rules = fields.List(fields.Nested(WaitingForCustomerRuleSchema))
    auto_complete = fields.Boolean()
    auto_complete_nr_of_business_days = fields.Integer()
