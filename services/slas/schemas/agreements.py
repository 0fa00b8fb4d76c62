"""SLAs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, pre_load

from services.common.fields import Day, Moment, ReferenceId, ReferenceIds, Text, long_text, one_of
from services.common.schemas import (
    AccountReferenceSchema,
    InputSchema,
    NamedRecordSchema,
    OutputSchema,
    SourceSchema,
)
from services.slas.model.coverage import COVERAGES, OF_GROUPS
from services.slas.model.hierarchy import IMPACT_RELATIONS
from services.slas.model.offerings import LEVELS
from services.slas.model.status import SLA_STATUSES

MAX_COVERED = 5000
ACTIVITIES = tuple(f"activityID_{level}" for level in LEVELS)

_ActivitiesIn: Any = SourceSchema.from_dict(
    {name: Text(128, allow_none=True) for name in ACTIVITIES}, name="ActivitiesIn"
)
_ActivitiesOut: Any = NamedRecordSchema.from_dict(
    {name: fields.String() for name in ACTIVITIES}, name="ActivitiesOut"
)


class ImpactRelationSchema(InputSchema):
    """What a failure of the lower service instance does to the higher one."""

    impact_relation = one_of(IMPACT_RELATIONS, allow_none=False, load_default="down")


class AgreementInputSchema(SourceSchema):
    """What SLAs and FLSAs have. `customer_account_id`: the trusted account that is the customer; without it
    the customer is an organization of our own."""

    name = Text(128, required=True)
    status = one_of(SLA_STATUSES, allow_none=False)
    start_date = Day(allow_none=True)
    notice_date = Day(allow_none=True)
    expiry_date = Day(allow_none=True)
    customer_id = ReferenceId()
    customer_account_id = Text(31, allow_none=True)
    customer_representative_ids = ReferenceIds(MAX_COVERED, bare="customer_representatives")
    remarks = long_text()

    @pre_load
    def _bare_account(self, data: Any, **_: Any) -> Any:
        """`customer_account` as `"widget"` or `{"id": "widget"}` stands for `customer_account_id`."""
        if not isinstance(data, Mapping) or "customer_account" not in data:
            return data
        if "customer_account_id" in data:
            raise ValidationError("is given twice; give customer_account_id", "customer_account")
        taken = {**data}
        account = taken.pop("customer_account")
        taken["customer_account_id"] = account.get("id") if isinstance(account, Mapping) else account
        return taken


class SlaInputSchema(AgreementInputSchema, _ActivitiesIn):
    """An SLA. `asks_requester_target`: the provider asks to be told until when the customer's requesters
    expect a resolution (`requester_resolution_target_at` of what is handed over, and nothing else); it is
    told while the customer allows it in its own account by `shares_requester_target`.
    """

    service_instance_id = ReferenceId(required=True)
    service_offering_id = ReferenceId(allow_none=True)
    coverage = one_of(COVERAGES, allow_none=False)
    organization_ids = ReferenceIds(MAX_COVERED, bare="organizations")
    site_ids = ReferenceIds(MAX_COVERED, bare="sites")
    people_ids = ReferenceIds(MAX_COVERED, bare="people")
    coverage_group_ids = ReferenceIds(MAX_COVERED, bare="coverage_groups")
    service_instance_ids = ReferenceIds(MAX_COVERED, bare="service_instances")
    service_level_manager_id = ReferenceId(allow_none=True)
    agreementID = Text(128, allow_none=True)
    use_knowledge_from_service_provider = fields.Boolean()
    asks_requester_target = fields.Boolean()
    shares_requester_target = fields.Boolean()


class CoverageGroupInputSchema(SourceSchema):
    """Whom several SLAs cover: people, organizations, sites, or the people of some at some of the others."""

    name = Text(128, required=True)
    disabled = fields.Boolean()
    coverage = one_of(OF_GROUPS, allow_none=False, required=True)
    organization_ids = ReferenceIds(MAX_COVERED, bare="organizations")
    site_ids = ReferenceIds(MAX_COVERED, bare="sites")
    people_ids = ReferenceIds(MAX_COVERED, bare="people")


class CoverageGroupSchema(NamedRecordSchema):
    disabled = fields.Boolean()
    coverage = fields.String()
    organization_ids = fields.List(fields.Integer())
    site_ids = fields.List(fields.Integer())
    people_ids = fields.List(fields.Integer())


class PersonNameSchema(OutputSchema):
    """A person of the customer's, as the provider names him."""

    id = fields.Integer()
    name = fields.String()


class RefusedSchema(OutputSchema):
    type = fields.String()
    code = fields.String()
    at = Moment()


class UnansweredSchema(OutputSchema):
    type = fields.String()
    at = Moment()


class AgreementSchema(NamedRecordSchema):
    """`account` (and `remote_id`) are there on a partner's agreement; `thread` where it is between two
    accounts.

    `announced_representatives`: whom the provider names as the customer's representatives; who is one here
    is decided here, in `customer_representative_ids`. `represented_by`: whom the customer's account has
    chosen, on an SLA of ours with a trusted account. `refused`: the last word of ours about the agreement,
    when the partner refused it; `unanswered`: the one that has had no answer for long.
    """

    remote_id = fields.Integer()
    status = fields.String()
    start_date = fields.String()
    notice_date = fields.String()
    expiry_date = fields.String()
    customer_id = fields.Integer()
    customer_account = fields.Nested(AccountReferenceSchema)
    customer_representative_ids = fields.List(fields.Integer())
    announced_representatives = fields.List(fields.Nested(PersonNameSchema))
    remarks = fields.String()
    thread = fields.String()
    refused = fields.Nested(RefusedSchema)
    unanswered = fields.Nested(UnansweredSchema)


class SlaSchema(AgreementSchema, _ActivitiesOut):
    service_instance_id = fields.Integer()
    service_offering_id = fields.Integer()
    coverage = fields.String()
    organization_ids = fields.List(fields.Integer())
    site_ids = fields.List(fields.Integer())
    people_ids = fields.List(fields.Integer())
    coverage_group_ids = fields.List(fields.Integer())
    service_instance_ids = fields.List(fields.Integer())
    service_level_manager_id = fields.Integer()
    agreementID = fields.String()
    use_knowledge_from_service_provider = fields.Boolean()
    asks_requester_target = fields.Boolean()
    shares_requester_target = fields.Boolean()
    represented_by = fields.List(fields.Nested(PersonNameSchema))


class DisclosureSchema(OutputSchema):
    """What an agreement makes visible: `to` whom, what he `sees`, `of` whose it is."""

    id = fields.Integer()
    to = fields.String()
    sees = fields.String()
    of = fields.String()
