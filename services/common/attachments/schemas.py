"""Attachments as they come in with a record, and as they go out with it."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields, validate

from services.common.attachments.naming import MAX_ATTACHMENTS
from services.common.fields import Whole
from services.common.schemas import InputSchema, OutputSchema

MAX_KEY: Final = 255
URI: Final = "/v1/attachments/{id}"


class _Destroy(fields.Boolean):
    """Only true means something."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> bool:
        if super()._deserialize(value, attr, data, **options) is not True:
            raise ValidationError("can only be true: leave it out to keep the attachment")
        return True


class AttachmentInputSchema(InputSchema):
    """Names an upload by its key, or what the record has already: to show it in the text, or to remove it."""

    key = fields.String(required=True, validate=validate.Length(min=1, max=MAX_KEY))
    inline = fields.Boolean()
    filesize = fields.Integer(strict=True, validate=validate.Range(min=0))
    _destroy = _Destroy()


class AttachmentSchema(OutputSchema):
    """`uri` is where it is fetched, beneath the API's own address; `key` is what a text shows it by when it
    is `inline`: `![](key)`. `size` in bytes."""

    id = fields.Integer()
    name = fields.String()
    uri = fields.Function(lambda shown: URI.format(id=shown["id"]))
    key = fields.String()
    inline = fields.Boolean()
    size = fields.Integer()


def attachments_given() -> fields.List[Any]:
    """`<field>_attachments` of what comes in."""
    most = validate.Length(max=2 * MAX_ATTACHMENTS, error="must hold at most {max}")
    return fields.List(Whole(AttachmentInputSchema), validate=most)


class _Shown(fields.List[Any]):
    """A record that never had any has none."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        return super()._serialize(value or [], attr, obj, **options)


def attachments_shown() -> fields.List[Any]:
    """`attachments` of what goes out."""
    return _Shown(fields.Nested(AttachmentSchema))
