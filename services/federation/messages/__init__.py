"""Everything that can be said across a border: the types of messages, version 1, and the check of their
bodies.

A body is the plain JSON object that travels. `check_outgoing` refuses what a schema does not name (an
allow-list: what is not named does not leave); `check_incoming` drops it (a later version of a partner may say
more). The document of the wire is docs/partner-protocol.md; tests/wire holds golden bytes of every type.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import ValidationError

from services.common.errors import Invalid
from services.federation.messages import (
    agreements,
    attachments,
    observations,
    organizations,
    receipts,
    requests,
    threads,
    trusts,
)
from services.federation.messages.types import LANES, MessageType

__all__ = ["LANES", "TYPES", "MessageType", "check_incoming", "check_outgoing", "secrets_in", "type_of"]

SECRETS: Final = ("credentials",)
"""Members of bodies that only the recipient may open: they are in no ledger, list or log."""


def _registry(*groups: tuple[MessageType, ...]) -> dict[str, MessageType]:
    registry: dict[str, MessageType] = {}
    for group in groups:
        for message_type in group:
            if message_type.name in registry:
                raise ValueError(f"{message_type.name} is declared twice")
            registry[message_type.name] = message_type
    return registry


TYPES: Final[Mapping[str, MessageType]] = _registry(
    requests.TYPES,
    attachments.TYPES,
    agreements.TYPES,
    organizations.TYPES,
    observations.TYPES,
    trusts.TYPES,
    threads.TYPES,
    receipts.TYPES,
)


def type_of(name: str) -> MessageType:
    """Raises Invalid `unknown_type` when version 1 has no such message."""
    try:
        return TYPES[name]
    except KeyError:
        raise Invalid("unknown_type", f"There is no message of the type {name!r}.") from None


def secrets_in(body: Mapping[str, Any]) -> tuple[str, ...]:
    """Which secrets a body holds."""
    return tuple(name for name in SECRETS if name in body)


def check_incoming(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with what we don't know dropped. Raises Invalid `unknown_type` or `invalid_body`."""
    message_type = type_of(name)
    try:
        checked: dict[str, Any] = message_type.schema.load(body)
    except ValidationError as error:
        raise Invalid("invalid_body", f"The body of {name} is malformed.", _pairs(error.messages)) from None
    return checked


def check_outgoing(name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body, when it is exactly what the type allows. Raises Invalid as above."""
    checked = check_incoming(name, body)
    surplus = _surplus("", body, checked)
    if surplus:
        raise Invalid(
            "invalid_body",
            f"The body of {name} holds what must not leave: {', '.join(surplus)}.",
            [(path, "Unknown field.") for path in surplus],
        )
    return checked


def _pairs(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """marshmallow's nested messages as (path, text)."""
    if isinstance(messages, dict):
        return [
            pair
            for key, value in messages.items()
            for pair in _pairs(value, path if key == "_schema" else f"{path}.{key}".lstrip("."))
        ]
    if isinstance(messages, list):
        return [pair for value in messages for pair in _pairs(value, path)]
    return [(path, str(messages))]


def _surplus(path: str, given: Any, checked: Any) -> list[str]:
    """The paths of keys that are in `given` and were dropped from `checked`."""
    if isinstance(given, Mapping) and isinstance(checked, Mapping):
        return [
            found
            for key, value in given.items()
            for found in (
                _surplus(f"{path}.{key}".lstrip("."), value, checked[key])
                if key in checked
                else [f"{path}.{key}".lstrip(".")]
            )
        ]
    if isinstance(given, list) and isinstance(checked, list):
        return [
            found
            for index, (one, other) in enumerate(zip(given, checked, strict=True))
            for found in _surplus(f"{path}.{index}".lstrip("."), one, other)
        ]
    return []
