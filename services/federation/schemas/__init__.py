"""What the read side of the border gives (`queries`)."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment, OutputSchema


class _PlacedSchema(OutputSchema):
    """Where a message stands in its thread. `hash` is the SHA-256 of what was sealed."""

    id = fields.String()
    partner = fields.String()
    type = fields.String()
    thread = fields.String()
    incarnation = fields.Integer()
    sequence = fields.Integer()
    hash = fields.String()


class DeliverySchema(_PlacedSchema):
    """A message to a partner. `state`: queued, sent, held, accepted or refused (and `refused_code`);
    `next_attempt_at`: when it is sent (again) if no answer comes before; `payload`: what it says.
    """

    service = fields.String()
    state = fields.String()
    refused_code = fields.String()
    request_id = fields.Integer()
    attempts = fields.Integer()
    created_at = Moment()
    sent_at = Moment()
    answered_at = Moment()
    next_attempt_at = Moment()
    payload = fields.Dict()


class ParkedMessageSchema(_PlacedSchema):
    """A partner's message that stands in its thread until a person replays or discards it. `code` and
    `detail` say why, `payload` what it says; `waiting_behind` is the number of those that wait for it.
    """

    service = fields.String()
    code = fields.String()
    detail = fields.String()
    received_at = Moment()
    parked_at = Moment()
    payload = fields.Dict()
    waiting_behind = fields.Integer()


class LedgerEntrySchema(_PlacedSchema):
    """A message of a thread, `direction` sent or received, and what became of it. `receipt`: whether the
    partner's signed receipt for it is kept.
    """

    direction = fields.String()
    at = Moment()
    state = fields.String()
    code = fields.String()
    answered_at = Moment()
    receipt = fields.Boolean()
