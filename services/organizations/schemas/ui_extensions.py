"""UI extensions and their forms, and the custom fields of records."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import ValidationError, fields, post_dump, validate

from services.common.attachments.schemas import MAX_KEY, AttachmentSchema
from services.common.fields import Moment, Text, Whole, long_text, one_of
from services.common.schemas import InputSchema, NamedRecordSchema, OutputSchema, SourceSchema
from services.organizations.model.custom_values import MAX_TEXT_VALUE, is_file
from services.organizations.model.forms import CATEGORIES, MAX_FIELDS, MAX_OPTIONS, TYPES
from services.organizations.model.patterns import MAX_PATTERN

MAX_BOUND = 10**15
_TEXT = Text(MAX_TEXT_VALUE, lines=True)
_KEY = Text(MAX_KEY)


def _some(schema: type[InputSchema], most: int) -> fields.List:
    return fields.List(Whole(schema), validate=validate.Length(max=most, error="must hold at most {max}"))


def field_id(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.Regexp(
            r"[a-z][a-z0-9_]{0,62}\Z", error="must be a letter, then letters, digits and _, all small"
        ),
        **options,
    )


class Bound(fields.Raw):
    """The least or most: a number, or a day `yyyy-mm-dd`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> Any:
        if isinstance(value, str) and len(value) == len("2025-01-31"):
            return value
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if number and -MAX_BOUND <= value <= MAX_BOUND:  # not so of infinity, nor of what is no number
            return value
        raise ValidationError("must be a number or a day such as 2025-01-31")


class CustomValue(fields.Raw):
    """What a custom field may hold at all; whether it fits is the form's business."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if isinstance(value, str):
            return _TEXT.deserialize(value)
        if isinstance(value, list):
            if len(value) > MAX_OPTIONS or not all(isinstance(each, str) for each in value):
                raise ValidationError(f"must be a list of at most {MAX_OPTIONS} options")
            return [_TEXT.deserialize(each) for each in value]
        if isinstance(value, dict):
            return {"key": _KEY.deserialize(value["key"])} if "key" in value else {"id": value.get("id")}
        return value


class OptionSchema(InputSchema):
    """What may be chosen; without a label it is shown as its value."""

    value = Text(128, required=True)
    label = Text(128, allow_none=True)


class FormFieldSchema(InputSchema):
    """A field of a form."""

    id = field_id(required=True)
    label = Text(128, required=True)
    type = one_of(TYPES, required=True, allow_none=False)
    required = fields.Boolean()
    internal = fields.Boolean()
    help_text = Text(1000, lines=True, allow_none=True)
    pattern = fields.String(allow_none=True, validate=validate.Length(min=1, max=MAX_PATTERN))
    options = _some(OptionSchema, MAX_OPTIONS)
    reference = one_of(CATEGORIES)
    min = Bound(allow_none=True)
    max = Bound(allow_none=True)


class UiExtensionEditSchema(SourceSchema):
    """`fields` is the form whole, of the version that is prepared."""

    name = Text(128, required=True)
    title = Text(128, allow_none=True)
    description = long_text()
    disabled = fields.Boolean()
    fields = _some(FormFieldSchema, MAX_FIELDS)  # type: ignore[assignment]


class UiExtensionInputSchema(UiExtensionEditSchema):
    """`category`: for records of which kind."""

    category = one_of(CATEGORIES, required=True, allow_none=False)


class ShownOptionSchema(OutputSchema):
    value = fields.String()
    label = fields.String()


class ShownFormFieldSchema(OutputSchema):
    id = fields.String()
    label = fields.String()
    type = fields.String()
    required = fields.Boolean()
    internal = fields.Boolean()
    help_text = fields.String()
    pattern = fields.String()
    options = fields.List(fields.Nested(ShownOptionSchema))
    reference = fields.String()
    min = fields.Raw()
    max = fields.Raw()


class UiExtensionVersionSchema(OutputSchema):
    """A version of a form; records name it by its id."""

    id = fields.Integer()
    number = fields.Integer()
    status = fields.String()
    created_at = Moment()
    updated_at = Moment()
    activated_at = Moment()
    archived_at = Moment()
    fields = fields.List(fields.Nested(ShownFormFieldSchema))  # type: ignore[assignment]


class UiExtensionSchema(NamedRecordSchema):
    category = fields.String()
    title = fields.String()
    description = fields.String()
    disabled = fields.Boolean()
    active_version = fields.Nested(UiExtensionVersionSchema)
    prepared_version = fields.Nested(UiExtensionVersionSchema)


class CustomFieldInputSchema(InputSchema):
    """The value of a field of the form that is active; null for none."""

    id = field_id(required=True)
    value = CustomValue(required=True, allow_none=True)


class CustomFileSchema(AttachmentSchema):
    """A file that is the value of a custom field. No text shows it."""

    class Meta:
        exclude = ("inline",)


class ShownValue(fields.Raw):
    """A value as it goes out: of a file what people may know of it."""

    _file: Final = CustomFileSchema()

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> Any:
        return self._file.dump(value) if is_file(value) else value


class CustomFieldSchema(OutputSchema):
    """A value; where it refers to a record, that too. Of a file it is `{id, name, uri, key, size}`."""

    id = fields.String()
    value = ShownValue()
    organization_id = fields.Integer()
    person_id = fields.Integer()
    site_id = fields.Integer()
    team_id = fields.Integer()

    @post_dump
    def _at_most_one(self, told: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in told.items() if value is not None or name == "value"}


class CustomizedInputSchema(SourceSchema):
    """A record that takes custom fields: those given; the others stay."""

    custom_fields = _some(CustomFieldInputSchema, MAX_FIELDS * 2)


class CustomizedRecordSchema(NamedRecordSchema):
    """A record with custom fields, and the version of the form that they were written with."""

    ui_extension_id = fields.Integer()
    ui_extension_version_id = fields.Integer()
    custom_fields = fields.List(fields.Nested(CustomFieldSchema))
