"""The receipt: what became of one message.

It names the message by its place (the envelope's thread; `incarnation` and `sequence`) and by the hash of its
payload, so it proves to its holder what was received. `held` is provisional: received, not applied yet.
`applied` and `missing` tell how far the thread has come and what is waited for. It has no place in the order
itself and gets no receipt: a message whose receipt was lost is sent again, and its receipt is made again.
"""

from __future__ import annotations

from typing import Final

from marshmallow import ValidationError, fields, validate, validates_schema

from services.federation.messages import shapes
from services.federation.messages.shapes import MAX_INTEGER, Body
from services.federation.messages.types import MessageType
from services.federation.threads import WINDOW
from services.federation.verdicts import ACCEPTED, HELD, REFUSED


class Applied(Body):
    incarnation = shapes.integer()
    sequence = shapes.integer(0)


class Receipt(Body):
    also = {
        "if": {"properties": {"verdict": {"const": REFUSED}}},
        "then": {"properties": {"code": {"type": "string"}}},
    }

    incarnation = shapes.integer()
    sequence = shapes.integer()
    hash = shapes.matching(r"[0-9a-f]{64}")
    verdict = shapes.one_of((ACCEPTED, REFUSED, HELD))
    code = shapes.code(null=True)
    applied = shapes.nested(Applied)
    missing = shapes.many(
        fields.Integer(strict=True, validate=validate.Range(min=1, max=MAX_INTEGER)), maximum=WINDOW
    )

    @validates_schema(skip_on_field_errors=True)
    def _a_refusal_has_a_code(self, data: dict[str, object], **_: object) -> None:
        if data["verdict"] == REFUSED and data["code"] is None:
            raise ValidationError("A refusal needs a code.", "code")


TYPES: Final = (MessageType("receipt.v1", None, Receipt(), sequenced=False),)
