"""What the read side of parked events gives (`queries`)."""

from __future__ import annotations

from marshmallow import fields

from services.common.fields import Moment
from services.common.schemas import OutputSchema


class ParkedEventSchema(OutputSchema):
    """An event of the account's own services that its `handler` in `service` could not handle. `code` and
    `detail` say why, `payload` what it says (null when it can't be read), `state` whether it is parked, or
    was replayed or discarded, and `settled_by` who did that.
    """

    id = fields.String()
    service = fields.String()
    handler = fields.String()
    queue = fields.String()
    type = fields.String()
    message_id = fields.String()
    code = fields.String()
    detail = fields.String()
    tries = fields.Integer()
    parked_at = Moment()
    state = fields.String()
    settled_at = Moment()
    settled_by_id = fields.Integer()
    payload = fields.Raw()
