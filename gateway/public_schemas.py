"""Schemas of records as the API shows them: made from the services' own, references resolved."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cache

from marshmallow import Schema, fields

from gateway.records import Shape
from gateway.references import Reference
from services.common.schemas import AccountReferenceSchema


class ReferenceSchema(Schema):
    """A reference to another record; `account` where it is a partner's, `disabled` where it is true."""

    id = fields.Integer(required=True)
    name = fields.String(allow_none=True)
    subject = fields.String(allow_none=True)
    nodeID = fields.String()
    sourceID = fields.String()
    disabled = fields.Boolean()
    account = fields.Nested(AccountReferenceSchema)


@cache
def public_schema(shape: Shape) -> type[Schema]:
    """A schema of the record as the API shows it: its references resolved."""
    inner = shape.schema().fields
    shown: dict[str, fields.Field] = {}
    for name in shape.names:
        attribute = shape.attributes[name]
        shown[name] = _shown(attribute, inner[attribute], shape.references)
        if name == "id" and shape.type:
            shown["nodeID"] = fields.String()
    words = shape.title.replace("-", " ").split()
    return Schema.from_dict(shown, name="".join(word[0].upper() + word[1:] for word in words) + "Schema")


@cache
def once_schema(shape: Shape, secret: str) -> type[Schema]:
    """A schema of the only answer that holds a record's secret."""
    name = f"New{public_schema(shape).__name__}"
    made: type[Schema] = public_schema(shape).from_dict({secret: fields.String(required=True)}, name=name)
    return made


def _shown(attribute: str, field: fields.Field, references: Mapping[str, Reference]) -> fields.Field:
    """A field as it is shown; all that goes out may be null."""
    if attribute in references:
        one = fields.Nested(ReferenceSchema, allow_none=True)
        return fields.List(one) if isinstance(field, fields.List) else one
    if isinstance(field, fields.List):
        return fields.List(_shown("", field.inner, references), allow_none=True)
    if isinstance(field, fields.Nested):
        return fields.Nested(_nested(field.schema, references), allow_none=True)
    shown = copy(field)
    shown.allow_none = True
    return shown


def _nested(schema: Schema, references: Mapping[str, Reference]) -> type[Schema]:
    used = tuple((name, references[name]) for name in schema.fields if name in references)
    return _resolved(type(schema), used) if used else type(schema)


@cache
def _resolved(schema: type[Schema], used: tuple[tuple[str, Reference], ...]) -> type[Schema]:
    """Made once, whatever records hold it: the document has one schema of a name."""
    references = dict(used)
    shown = {
        references[name].name if name in references else name: _shown(name, field, references)
        for name, field in schema().fields.items()
    }
    return Schema.from_dict(shown, name=schema.__name__)
