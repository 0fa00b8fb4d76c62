"""FLSAs."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from services.common.fields import Amount, Minutes, ReferenceId, ReferenceIds, Zone, long_text
from services.slas.model.first_line import PERCENTAGES, PICKUP_TARGETS
from services.slas.schemas.agreements import MAX_COVERED, AgreementInputSchema, AgreementSchema

MAX_PICKUP_MINUTES = 7 * 24 * 60
TARGETS = (*PICKUP_TARGETS, *PERCENTAGES)

_TargetsIn: Any = AgreementInputSchema.from_dict(
    {
        **{name: Minutes(MAX_PICKUP_MINUTES, allow_none=True) for name in PICKUP_TARGETS},
        **{name: Amount(100, allow_none=True) for name in PERCENTAGES},
    },
    name="TargetsIn",
)
_TargetsOut: Any = AgreementSchema.from_dict(
    {
        **{name: fields.Integer() for name in PICKUP_TARGETS},
        **{name: fields.String() for name in PERCENTAGES},
    },
    name="TargetsOut",
)


class FlsaInputSchema(_TargetsIn):
    """An FLSA. Without `provider_id` the account's own organization provides it."""

    provider_id = ReferenceId()
    service_desk_team_id = ReferenceId(required=True)
    support_hours_id = ReferenceId(allow_none=True)
    time_zone = Zone(allow_none=True)
    major_incident_manager_ids = ReferenceIds(MAX_COVERED, bare="major_incident_managers")
    target_details = long_text()
    charges = long_text()


class FlsaSchema(_TargetsOut):
    provider_id = fields.Integer()
    service_desk_team_id = fields.Integer()
    support_hours_id = fields.Integer()
    time_zone = fields.String()
    major_incident_manager_ids = fields.List(fields.Integer())
    target_details = fields.String()
    charges = fields.String()
