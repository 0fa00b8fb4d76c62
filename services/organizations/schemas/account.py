"""The account, the roles of its people, and their access tokens."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from services.common.fields import Moment, ReferenceId, Text, Zone, currency
from services.common.schemas import InputSchema, OutputSchema
from services.organizations.model.roles import ROLES
from services.organizations.model.tokens import SCOPES
from services.organizations.schemas.contacts import locale


class AccountInputSchema(InputSchema):
    """What an administrator may change; id, name, domain and url come from the configuration."""

    locale = locale()
    currency = currency()
    time_zone = Zone()
    time_format_24h = fields.Boolean()
    owner_id = ReferenceId()
    organization_id = ReferenceId()
    service_desk_team_id = ReferenceId()


class AccountSchema(OutputSchema):
    id = fields.String()
    name = fields.String()
    domain = fields.String()
    url = fields.String()
    locale = fields.String()
    currency = fields.String()
    time_zone = fields.String()
    time_format_24h = fields.Boolean()
    owner_id = fields.Integer()
    organization_id = fields.Integer()
    service_desk_team_id = fields.Integer()
    created_at = Moment()
    updated_at = Moment()


def _roles(**options: Any) -> fields.List:
    return fields.List(
        fields.String(validate=validate.OneOf(tuple(ROLES), error="must be one of {choices}")),
        validate=validate.Length(max=len(ROLES)),
        **options,
    )


class PermissionInputSchema(InputSchema):
    """The roles that a person shall have in this account, all of them; an empty list takes all away."""

    person_id = ReferenceId(required=True)
    roles = _roles(required=True)


class PermissionSchema(OutputSchema):
    """The roles of a person in one account (`{id, name}`)."""

    account = fields.Dict()
    roles = fields.List(fields.String())


class TokenInputSchema(InputSchema):
    """A new token: for the caller, or by an administrator for another person of the account."""

    person_id = ReferenceId()
    name = Text(128, required=True)
    scopes = fields.List(
        fields.String(validate=validate.OneOf(SCOPES, error="is not a scope")),
        validate=validate.Length(min=1, max=len(SCOPES)),
    )
    expires_at = Moment(allow_none=True)


class TokenSchema(OutputSchema):
    id = fields.Integer()
    person_id = fields.Integer()
    name = fields.String()
    scopes = fields.List(fields.String())
    expires_at = Moment()
    revoked_at = Moment()
    created_at = Moment()
    updated_at = Moment()


class NewTokenSchema(TokenSchema):
    """The only answer that holds the token itself."""

    token = fields.String()
