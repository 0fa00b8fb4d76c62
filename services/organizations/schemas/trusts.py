"""Trusts: invitation, acceptance, edits, and what an administrator sees of one. No secret ever goes out."""

from __future__ import annotations

from marshmallow import fields, validate

from services.common.fields import Moment, Text, one_of
from services.common.schemas import AccountReferenceSchema, InputSchema, OutputSchema
from services.organizations.model.trusts import (
    ACCOUNT_ID,
    DEFAULT_EXPIRY_HOURS,
    EDITS,
    MAX_EXPIRY_HOURS,
    MIN_EXPIRY_HOURS,
    OPTIONS,
    TEAM_LISTS,
)

MAX_INVITATION_CHARACTERS = 65_536
MAX_KID_CHARACTERS = 100


def _all_options() -> dict[str, fields.Field]:
    """All options as booleans, and the lists of own teams that some may be limited to."""
    shape: dict[str, fields.Field] = {name: fields.Boolean() for name in OPTIONS}
    for name in TEAM_LISTS:
        shape[name] = fields.List(
            fields.Integer(strict=True, validate=validate.Range(min=1)), validate=validate.Length(max=500)
        )
    return shape


TrustOptionsSchema = InputSchema.from_dict(_all_options(), name="TrustOptionsSchema")


def _options() -> fields.Nested:
    return fields.Nested(TrustOptionsSchema)


class InviteInputSchema(InputSchema):
    """Whom to invite. `account_id` must be the id that the invited account goes by itself."""

    account_id = fields.String(
        required=True,
        validate=validate.Regexp(ACCOUNT_ID.pattern + r"\Z", error="must be an account id such as gigatera"),
    )
    expires_in_hours = fields.Integer(
        strict=True,
        load_default=DEFAULT_EXPIRY_HOURS,
        validate=validate.Range(MIN_EXPIRY_HOURS, MAX_EXPIRY_HOURS, error="must be between {min} and {max}"),
    )
    options = _options()


class AcceptInputSchema(InputSchema):
    """An invitation as it was handed over: one line of text."""

    invitation = Text(MAX_INVITATION_CHARACTERS, required=True, lines=True)
    options = _options()


class TrustInputSchema(InputSchema):
    """An edit of a trust: its status (suspended, active again, ended) or what we allow the partner."""

    status = one_of(tuple(EDITS), allow_none=False)
    options = _options()


class RevokeKeyInputSchema(InputSchema):
    """Which key of ours: its `kid`, as `/v1/account/keys` lists it."""

    kid = Text(MAX_KID_CHARACTERS, required=True)


class OwnKeySchema(OutputSchema):
    """A key of ours; `known_by`: the partners who have receipted its announcement."""

    kid = fields.String()
    use = fields.String()
    state = fields.String()
    known_by = fields.List(fields.String())


class KeyRingSchema(OutputSchema):
    """Our own keys, the oldest first; `rotated_at`: since when the current ones are in use."""

    rotated_at = Moment()
    keys = fields.List(fields.Nested(OwnKeySchema))


class TrustSchema(OutputSchema):
    """`id` is the partner's account id; `role` says who invited; `keys` are his: {kid, use, state}.
    `capabilities`: the types of messages that he understands. `thread`: what is said about the trust itself.

    `keys_announced_at`, `keys_refused`: an announcement of our keys that he has not receipted, and by which
    code he refuses it. `credentials_sent_at`, `credentials_refused`: likewise, of his new credentials.
    """

    id = fields.String()
    account = fields.Nested(AccountReferenceSchema)
    domain = fields.String()
    status = fields.String()
    role = fields.String()
    options = _options()
    border_address = fields.String()
    keys = fields.List(fields.Dict())
    capabilities = fields.List(fields.String())
    thread = fields.String()
    invitation_id = fields.String()
    invitation_expires_at = Moment()
    border_ready_at = Moment()
    accepted_at = Moment()
    suspended_at = Moment()
    ended_at = Moment()
    ended_by = fields.String()
    unanswered_since = Moment()
    keys_announced_at = Moment()
    keys_refused = fields.String()
    credentials_sent_at = Moment()
    credentials_refused = fields.String()
    credentials_renewed_at = Moment()
    created_at = Moment()
    updated_at = Moment()


class InvitationSchema(TrustSchema):
    """The only answer that holds the invitation itself."""

    invitation = fields.String()
