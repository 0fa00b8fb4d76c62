"""The OpenAPI document: what the views say of themselves, made from the schemas and lists they serve.

The document is written when it is first asked for: an account's gateway starts many times, and is asked
for it now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from gateway.documented_failures import naming_failures
from gateway.public_schemas import public_schema
from gateway.records import Shape
from services.common.fields import Day, Minutes, Moment, ReferenceId, ReferenceIds
from services.common.listing import MAX_PER_PAGE, Field, Kind, Listing

View = Callable[..., Response]

OPENAPI_VERSION = "3.0.3"
_OPERATORS = "`v`, `!v`, `a,b`, `!a,b`, empty for null, `!` for not null"
_COMPARISONS = "; `<v`, `<=v`, `>v`, `>=v`, `>a<b`"
_TYPES = {
    Kind.INTEGER: "a number",
    Kind.REFERENCE: "an id",
    Kind.TIME: "a time",
    Kind.DATE: "a day",
    Kind.LOCAL: "a local time",
}


class ErrorSchema(Schema):
    """What every failure answers. `errors` are pairs of a field and a text."""

    message = fields.String(required=True)
    errors = fields.List(fields.List(fields.String()))


class DocumentedApi(Api):
    """flask-smorest's Api with our errors, its document written late."""

    ERROR_SCHEMA = ErrorSchema

    def __init__(self, app: Flask, title: str, version: str) -> None:
        app.config.update(API_TITLE=title, API_VERSION=version, OPENAPI_VERSION=OPENAPI_VERSION)
        self._waiting: list[Blueprint] = []
        self._document: dict[str, Any] | None = None
        plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
        super().__init__(app, spec_kwargs={"marshmallow_plugin": plugin})
        assert plugin.converter is not None  # the specification has set it
        plugin.converter.add_attribute_function(_as_json_schema)
        self.register_field(ReferenceId, "integer", "int64")
        self.register_field(ReferenceIds, "array", None)
        self.register_field(Moment, "string", "date-time")
        self.register_field(Day, "string", "date")
        self.register_field(Minutes, "integer", None)

    def register_blueprint(self, blueprint: Blueprint, **options: Any) -> None:
        """Registers the routes now and their documentation when the document is asked for."""
        self._app.register_blueprint(blueprint, **options)
        self._waiting.append(blueprint)

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self._document is None:
            scheme = {"type": "http", "scheme": "bearer"}
            self.spec.components.security_scheme("token", scheme)
            self.spec.options["security"] = [{"token": []}]
            for blueprint in self._waiting:
                blueprint.register_views_in_doc(
                    self, self._app, self.spec, name=blueprint.name, parameters=None
                )
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
            self._document = naming_failures(self.spec.to_dict())
        return self._document

    def _register_error_handlers(self) -> None:
        """Ours are in `gateway.errors`."""


def of_list(view: View, shape: Shape, summary: str = "") -> View:
    """Documents a view that answers a page."""
    headers = {
        name: {"schema": {"type": kind}, "description": text}
        for name, kind, text in (
            ("Link", "string", "first, prev and next page"),
            ("X-Pagination-Total-Entries", "integer", "exact to 10,000"),
            ("X-Pagination-Throttled", "boolean", "whether the total is only a lower bound"),
        )
    }
    page = {**answer("A page of the list", public_schema(shape)(many=True)), "headers": headers}
    return describe(
        view,
        summary or f"{shape.title} records: a page",
        answers={"200": page},
        parameters=list_parameters(shape.listing),
    )


def of_record(view: View, shape: Shape, summary: str = "") -> View:
    """Documents a view that answers one record."""
    return describe(view, summary or f"One {shape.title}", answers={"200": _record(shape)})


def of_chosen(view: View, shape: Shape, summary: str = "") -> View:
    """Documents a view that answers one record with all its fields, or those that the caller chooses."""
    answers = {"200": _record(shape)}
    return describe(view, summary or f"One {shape.title}", answers=answers, parameters=[_FIELDS])


def of_create(view: View, shape: Shape, taken: type[Schema], summary: str = "") -> View:
    """Documents a view that makes a record."""
    headers = {"Location": {"schema": {"type": "string"}}}
    made = {**_record(shape), "headers": headers}
    there = {"200": _record(shape, "was there already")}
    return describe(
        view,
        summary or f"A new {shape.title}",
        answers={"201": made, **there},
        body=taken(),
        parameters=[IDEMPOTENCY_KEY],
    )


def of_update(view: View, shape: Shape, taken: type[Schema], summary: str = "") -> View:
    """Documents a view that changes a record."""
    return describe(
        view,
        summary or f"Change a {shape.title}",
        answers={"200": _record(shape)},
        body=taken(partial=True),
        parameters=[IF_MATCH],
    )


def describe(
    view: View,
    summary: str,
    *,
    answers: dict[str, Any],
    body: Schema | None = None,
    body_needed: bool = True,
    body_type: str = "application/json",
    parameters: list[dict[str, Any]] | None = None,
    open_to_all: bool = False,
) -> View:
    """Documents any view."""
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": answers,
        "parameters": parameters or [],
    }
    if body is not None:
        content = {body_type: {"schema": body}}
        operation["requestBody"] = {"required": body_needed, "content": content}
    if open_to_all:
        operation["security"] = []

    @wraps(view)
    def described(*arguments: Any, **named: Any) -> Response:
        return view(*arguments, **named)

    described._apidoc = {"manual_doc": operation}  # type: ignore[attr-defined]
    return described


def answer(text: str, schema: Schema) -> dict[str, Any]:
    """A response with a JSON body."""
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def list_parameters(listing: Listing) -> list[dict[str, Any]]:
    """The query parameters of a list."""
    sortable = ", ".join(name for name, field in listing.fields.items() if field.sortable)
    parameters = [
        _FIELDS,
        _parameter("sort", f"e.g. `name,-id`; by: {sortable}"),
        _parameter("per_page", f"1 to {MAX_PER_PAGE}, 20 by default", "integer"),
        _parameter("page", "the number of a page, among the first 10,000 records", "integer"),
        _parameter("search_after", "the cursor behind which the page begins"),
        _parameter("search_before", "the cursor before which the page ends"),
        *(
            _parameter(name, _filter_text(field))
            for name, field in listing.fields.items()
            if field.filterable
        ),
    ]
    if listing.search_path:
        parameters.append(_parameter("search", "words that all have to be there"))
    return parameters


def _record(shape: Shape, told: str = "") -> dict[str, Any]:
    return answer(f"The {shape.title} {told}".strip(), public_schema(shape)())


def _filter_text(field: Field) -> str:
    wanted = _TYPES.get(field.kind, "")
    if field.choices:
        wanted = f"one of {', '.join(sorted(field.choices))}"
    text = f"filter: {_OPERATORS}"
    if field.kind in (Kind.INTEGER, Kind.TIME, Kind.DATE, Kind.LOCAL, Kind.TARGET):
        text += _COMPARISONS
    return f"{text} ({wanted})" if wanted else text


def _parameter(name: str, text: str, type: str = "string", where: str = "query") -> dict[str, Any]:
    return {"in": where, "name": name, "schema": {"type": type}, "description": text}


_FIELDS = _parameter("fields", "fields to show, or `*`; `id` is always there")
IF_MATCH = _parameter("If-Match", "the ETag of the version to change; 412 when it is another", where="header")
IDEMPOTENCY_KEY = _parameter(
    "Idempotency-Key", "kept for 24 hours: a second try with it makes no second record", where="header"
)


def _schema_name(schema: Schema | type[Schema]) -> str:
    """What the document calls a schema; one for an edit, where nothing is required, has a name of its own."""
    shown = schema if isinstance(schema, type) else type(schema)
    name = shown.__name__.removesuffix("Schema")
    return f"{name}Edit" if isinstance(schema, Schema) and schema.partial else name


def _as_json_schema(_converter: Any, field: fields.Field, ret: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Puts right what apispec takes over as Python has it."""
    if isinstance(field, fields.Decimal) and field.as_string:
        ret["type"] = "string"
        ret.pop("minimum", None)
        ret.pop("maximum", None)
    if "pattern" in ret:
        ret["pattern"] = ret["pattern"].replace(r"\Z", "$")
    return {}
