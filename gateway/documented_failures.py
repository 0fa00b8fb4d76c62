"""Which failures an operation of the OpenAPI document may answer: docs/api.md, "Failures"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# flask-smorest makes this component of our error schema.
FAILURE: Final = {"$ref": "#/components/responses/DEFAULT_ERROR"}


def naming_failures(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every failure named: "default" would let any pass."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                del operation["responses"]["default"]
                failures = dict.fromkeys(failures_of(path, method, operation), FAILURE)
                operation["responses"] = {**operation["responses"], **failures}
    return document


def failures_of(path: str, method: str, operation: Mapping[str, Any]) -> list[str]:
    """The statuses with which an operation refuses: docs/api.md, "Failures"."""
    writes = method != "get"
    asked = operation.get("parameters") or writes
    when = {
        "400": "requestBody" in operation,
        "401": operation.get("security") != [],
        "403": operation.get("security") != [],
        "404": "{" in path,
        "409": writes,
        "412": any(each["name"] == "If-Match" for each in operation.get("parameters", ())),
        "413": "requestBody" in operation,
        "415": "requestBody" in operation,
        "422": asked,
        "429": operation.get("security") != [],
        "503": operation.get("security") != [],
    }
    return [status for status, happens in when.items() if happens]
