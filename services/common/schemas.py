"""The bases of what comes in and goes out, and what many records have.

What comes in is refused by name when unknown, and a reference is taken as `manager_id` and as bare `manager`.
What goes out has `<reference>_id` fields (who serves the API makes references of them), and null where
nothing is set.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load

from services.common.errors import Invalid
from services.common.fields import Moment, ReferenceId, ReferenceIds, Text


class InputSchema(Schema):
    """What comes in: unknown fields are refused, references may lack their `_id`."""

    class Meta:
        unknown = RAISE

    @pre_load
    def _bare_references(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        taken = dict(data)
        for name, field in self.fields.items():
            if not isinstance(field, ReferenceId | ReferenceIds):
                continue
            bare = field.bare(name)
            if bare in taken:
                if name in taken:
                    raise ValidationError(f"is given as {bare} and as {name}; give it once", name)
                taken[name] = taken.pop(bare)
        return taken


class OutputSchema(Schema):
    """What goes out; a field that is not set goes out as null."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        if isinstance(obj, Mapping):  # marshmallow would take a missing `keys` for the mapping's own method
            return obj.get(attr)
        value = super().get_attribute(obj, attr, default)
        return None if value is default else value


class AccountReferenceSchema(OutputSchema):
    """Whose a foreign record is; own records go out without it."""

    id = fields.String()
    name = fields.String()


class SourceSchema(InputSchema):
    """The external system and record that a record was made from."""

    source = Text(30, allow_none=True)
    sourceID = Text(128, allow_none=True)


class NamedRecordSchema(OutputSchema):
    """What every record with a name has. `account` is there on a partner's."""

    id = fields.Integer()
    account = fields.Nested(AccountReferenceSchema)
    name = fields.String()
    source = fields.String()
    sourceID = fields.String()
    created_at = Moment()
    updated_at = Moment()


def loaded(schema: Schema, data: Any, *, partial: bool = False) -> dict[str, Any]:
    """What a caller sent, checked and typed. `partial`: only what is there (an edit). Raises Invalid that
    names every field (`note.text`), and `body` for what is no object."""
    try:
        taken: dict[str, Any] = schema.load(data, partial=partial)
    except ValidationError as error:
        raise Invalid(errors=list(_pairs(error.messages))) from None
    return taken


def _pairs(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """marshmallow's nested messages as (path, text)."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            inner = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            yield from _pairs(value, inner)
    elif isinstance(messages, list):
        for value in messages:
            yield from _pairs(value, path)
    else:
        yield (path or "body", str(messages))
