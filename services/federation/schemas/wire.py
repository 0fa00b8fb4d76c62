"""JSON Schemas of what crosses a border, made from the very shapes that check it.

A schema is of the payload inside a seal: the members of the envelope, and the body of one type. It says what
a receiver accepts; members that it does not name are accepted and dropped. What JSON Schema can't say (bytes
of UTF-8, 1.0 where 1 is meant, a `prev` that is the hash of the message before) stands in
docs/partner-protocol.md alone.

Every schema stands for itself: what it refers to is in its `$defs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin, OpenAPIConverter
from marshmallow import Schema, fields

from services.common.errors import NotFound
from services.federation.messages import TYPES
from services.federation.messages.types import MessageType, OneShapeOf
from services.federation.partners.invitations import InvitationShape
from services.federation.sealing.envelope import EnvelopeShape
from services.federation.threads import ACCOUNT, KINDS, UUID

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
INVITATION: Final = "invitation"
NAMES: Final = (*sorted(TYPES), INVITATION)

Document = dict[str, Any]

_IN_COMPONENTS, _IN_DEFS = "#/components/schemas/", "#/$defs/"


@cache
def schema(name: str) -> Document:
    """The schema of the messages of a type (`request.taken.v1`), or of an `invitation`. Raises NotFound."""
    if name not in NAMES:
        raise NotFound("not_found", f"There is no schema {name!r}.")
    named = components()
    root = _here(named[_component(name)])
    needed: Document = {}
    _gather(root, named, needed)
    said = {"$schema": DIALECT, "$id": f"urn:interdesk:schema:{name}", "title": name, **root}
    return {**said, "$defs": needed}


@cache
def components() -> Document:
    """All schemas by name, referring to each other as `#/components/schemas/<name>`."""
    spec = APISpec("", "", "3.1.0", plugins=[_Plugin(schema_name_resolver=_name_of)])
    spec.components.schema(_name_of(EnvelopeShape), schema=EnvelopeShape())
    spec.components.schema(_name_of(InvitationShape), schema=InvitationShape())
    bodies = {each.name: _body(spec, each) for each in TYPES.values()}
    named: Document = spec.to_dict()["components"]["schemas"]
    return {**named, **{name: _message(TYPES[name], body) for name, body in bodies.items()}}


def _message(message_type: MessageType, body: Document) -> Document:
    """The envelope, narrowed to one type."""
    kinds = "|".join([message_type.kind] if message_type.kind else KINDS)
    narrowed: Document = {
        "type": {"const": message_type.name},
        "thread": {"pattern": f"^(?:{kinds})/{ACCOUNT.pattern}/{UUID.pattern}$"},
        "body": body,
    }
    if message_type.sequenced:
        narrowed["sequence"] = {"minimum": 1}
    else:
        narrowed |= {"sequence": {"const": 0}, "prev": {"type": "null"}}
    envelope = {"$ref": _IN_COMPONENTS + _name_of(EnvelopeShape)}
    return {"allOf": [envelope, {"type": "object", "properties": narrowed}]}


def _body(spec: APISpec, message_type: MessageType) -> Document:
    shape = message_type.schema
    if isinstance(shape, OneShapeOf):
        return {"oneOf": [_ref(spec, choice) for choice in shape.choices]}
    assert isinstance(shape, Schema)
    return _ref(spec, shape)


def _ref(spec: APISpec, shape: Schema) -> Document:
    name = _name_of(shape)
    if name not in spec.components.schemas:
        spec.components.schema(name, schema=shape)
    return {"$ref": _IN_COMPONENTS + name}


class _Converter(OpenAPIConverter):
    """apispec's, with what our shapes say of themselves."""

    def schema2jsonschema(self, schema: Any) -> Document:
        shape = schema if isinstance(schema, type) else type(schema)
        said: Document = {**super().schema2jsonschema(schema), **getattr(shape, "also", {})}
        text = vars(shape).get("__doc__")
        return {"description": " ".join(text.split()), **said} if text else said


class _Plugin(MarshmallowPlugin):
    Converter = _Converter

    def init_spec(self, spec: APISpec) -> None:
        super().init_spec(spec)
        assert self.converter is not None
        self.converter.add_attribute_function(_own_words)


def _own_words(_converter: Any, field: fields.Field[Any], ret: Document, **_: Any) -> Document:
    """What a field says of its own check; and patterns as other languages write them."""
    pattern = ret.get("pattern")
    if pattern is not None:
        ret["pattern"] = pattern.replace(r"\A", "^").replace(r"\Z", "$")
    said: Document = dict(field.metadata.get("json_schema", {}))
    return said


def _name_of(shape: Schema | type[Schema]) -> str:
    name = (shape if isinstance(shape, type) else type(shape)).__name__.strip("_").removesuffix("Shape")
    return f"SomeOf{name}" if isinstance(shape, Schema) and shape.partial else name


def _component(name: str) -> str:
    return _name_of(InvitationShape) if name == INVITATION else name


def _here(value: Any) -> Any:
    """The same, referring to `$defs`."""
    if isinstance(value, dict):
        return {
            key: inner.replace(_IN_COMPONENTS, _IN_DEFS) if key == "$ref" else _here(inner)
            for key, inner in value.items()
        }
    return [_here(inner) for inner in value] if isinstance(value, list) else value


def _gather(value: Any, named: Document, needed: Document) -> None:
    """Puts into `needed` what the value refers to, and what that refers to."""
    for name in _referred(value):
        if name not in needed:
            needed[name] = _here(named[name])
            _gather(needed[name], named, needed)


def _referred(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner.removeprefix(_IN_DEFS)
            else:
                yield from _referred(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _referred(inner)
