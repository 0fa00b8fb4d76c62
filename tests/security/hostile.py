"""What a caller may send to the API who means no good, or does not know better; and what it may answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator
from werkzeug.test import TestResponse

from tests.integration.gateway.account import Client

BAD_TEXTS = (
    "",
    " ",
    "$ne",
    "a.b",
    "\x00",
    "x" * 5000,
    "null",
    "-1",
    "1e9",
    "🙂",
    "/../",
    "<b>",
    "2025-02-30",
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(BAD_TEXTS),
    st.text(max_size=20),
    st.integers(0, 5),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "name", "$ne", "a.b", "", "__proto__"]), inner, max_size=3),
    ),
    max_leaves=6,
)
written = st.one_of(
    st.text(max_size=30),
    st.sampled_from(BAD_TEXTS),
    st.sampled_from(
        ["!", "!a,b", ">1<2", ">=", "\\", "a\\", ",", "eyJvZmZzZXQiOjB9", "[]", "1,2", "-id,name"]
    ),
)


@dataclass(frozen=True)
class Operation:
    """One of the OpenAPI document's: what it takes, and what it says it answers."""

    method: str
    path: str
    parameters: list[dict[str, Any]]
    body: dict[str, Any] | None
    responses: dict[str, Any]


def operations(document: dict[str, Any]) -> list[Operation]:
    found = []
    for path, item in document["paths"].items():
        for method, described in item.items():
            if method == "parameters":
                continue
            content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
            parameters, responses = described.get("parameters", []), described["responses"]
            place = path.removeprefix("/v1").removeprefix("/")
            body = content.get("schema")
            found.append(Operation(method.upper(), place, parameters, body, responses))
    return found


@dataclass
class Api:
    """The API, the document it gives of itself, and one who may do everything."""

    client: Client
    document: dict[str, Any]
    victim: str
    tokens: list[str]
    known: dict[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def values_of(self, schema: dict[str, Any], hostile: bool, depth: int = 3) -> st.SearchStrategy[Any]:
        """What the schema allows; `hostile`: here and there anything else."""
        name = f"{depth} {hostile} {json.dumps(schema)}"
        if name not in self.known:
            fitting = self._fitting(self.resolve(schema), hostile, depth)
            self.known[name] = st.one_of(fitting, fitting, values) if hostile else fitting
        return self.known[name]

    def _fitting(self, schema: dict[str, Any], hostile: bool, depth: int) -> st.SearchStrategy[Any]:
        if schema.get("enum"):
            return st.sampled_from(schema["enum"])
        if schema.get("format") in WRITTEN:
            return st.just(WRITTEN[schema["format"]])
        if schema.get("properties") and depth:
            properties = schema["properties"].items()
            optional = {name: self.values_of(each, hostile, depth - 1) for name, each in properties}
            required = {name: optional.pop(name) for name in schema.get("required", ())}
            return _object(required, optional)
        item = (
            self.values_of(schema.get("items", {"type": "integer"}), hostile, depth - 1) if depth else scalars
        )
        kinds: dict[str, st.SearchStrategy[Any]] = {
            "integer": st.integers(1, 2),
            "boolean": st.booleans(),
            "array": st.lists(item, max_size=2),
            "string": st.sampled_from(["One", "Two", "Europe/Amsterdam", "EUR", "nl"]),
        }
        return kinds.get(schema.get("type", ""), scalars)

    def ids_of(self, path: str) -> st.SearchStrategy[str]:
        """Ids for a path: mostly of what is there. Who asks must not lose his roles or his token."""
        if path.startswith("people"):
            there = st.just(self.victim)
        elif path.startswith("personal_access_tokens"):
            there = st.sampled_from(self.tokens)
        else:
            there = st.sampled_from(["1", "2"])
        return st.one_of(
            there, there, st.sampled_from(["999", "gigatera", "nonsense", "-1", "1.0", "\u0661"])
        )

    def requests_for(self, operation: Operation) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
        """(path, options) of what a caller may send."""
        offered = [each["name"] for each in operation.parameters if each["in"] == "query"]
        names = st.sampled_from([*offered, "nonsense"])

        @st.composite
        def drawn(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
            path = operation.path
            for argument in ("{id}", "{other}"):
                path = path.replace(argument, draw(self.ids_of(path)), 1)
            query = draw(st.lists(st.tuples(names, written), max_size=2 if offered else 1))
            options: dict[str, Any] = {"query_string": query, "headers": draw(hostile_headers)}
            if operation.body is not None:
                options["body"] = draw(self.values_of(operation.body, hostile=draw(st.booleans())))
            return path, options

        return drawn()

    def check(self, operation: Operation, response: TestResponse) -> None:
        """Raises AssertionError for an answer that the document does not describe."""
        said = f"{operation.method} {response.request.url}: {response.status_code} {response.text}"
        assert response.status_code < 500, said
        assert str(response.status_code) in operation.responses, said
        if response.status_code < 300:
            self.done.add((operation.method, operation.path))
        described = operation.responses[str(response.status_code)]
        if "$ref" in described:
            described = self.document["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
        offered = described.get("content", {})
        content = offered.get("application/json")
        if content is None:
            assert response.data == b"" or response.mimetype in offered, said
        elif "schema" in content:
            schema = {**content["schema"], "components": self.document["components"]}
            OAS30Validator(schema).validate(json.loads(response.data))


@st.composite
def _object(
    draw: st.DrawFn,
    required: dict[str, st.SearchStrategy[Any]],
    optional: dict[str, st.SearchStrategy[Any]],
) -> dict[str, Any]:
    """All that is required and a few of the rest: with more at a time a body would rarely pass."""
    few = draw(st.lists(st.sampled_from(sorted(optional)), max_size=2, unique=True)) if optional else []
    return {name: draw(each) for name, each in {**required, **{name: optional[name] for name in few}}.items()}


WRITTEN = {
    "date-time": "2025-01-31T09:00:00Z",
    "date": "2025-01-31",
    "email": "a@b.example",
    "local-date-time": "2025-01-31T09:00",
    "time-of-day": "09:00",
}
hostile_headers = st.dictionaries(
    st.sampled_from(["If-Match", "Idempotency-Key", "X-4me-Source", "X-4me-Account", "traceparent"]),
    st.sampled_from(["*", '"x"', "widget", "W/", "a" * 200, "\xe9", "", "0"]),
    max_size=1,
)
