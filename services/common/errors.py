"""The error tree: every failure has a stable code and a text that says what was wrong and what to do.

    InterdeskError
    ├── ConfigError          config_invalid        the environment is wrong; nothing starts
    ├── Unauthorized         unauthorized          nobody we know is asking
    ├── Forbidden            forbidden             we know who asks, and he may not
    ├── NotFound             not_found             there is no such record (or none he may see)
    ├── Invalid              validation_failed     what was sent is wrong; `errors` says which field
    │   └── IllegalMove      illegal_move          no such move now; the text says what is legal
    ├── Conflict             conflict              it contradicts another record (a unique key is taken)
    │   └── Stale            stale                 another save came first; load and decide again
    ├── PreconditionFailed   precondition_failed   If-Match names another version
    ├── Unavailable          unavailable           broker, database or a service is silent; try later
    └── Internal             internal_error        a bug; the log has it under the request id

A code is part of the contract with clients and operators: it is never renamed. A more exact code may be given
(`Unavailable("service_silent", …)`); the class says how the edge answers (`HTTP_STATUS`). Errors travel
between an account's services as values (`to_wire` / `from_wire`) and come out as the same class. Rules
(`model`) do not import this: they raise their own exceptions with `code`, `message` and `errors`, and actions
translate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

FieldError = tuple[str, str]


class InterdeskError(Exception):
    """A failure with a code. `errors` are pairs (field, text) for whoever filled in a form."""

    default_code: ClassVar[str] = "internal_error"
    default_message: ClassVar[str] = "Something went wrong."

    def __init__(
        self,
        code: str | None = None,
        message: str | None = None,
        errors: Iterable[FieldError] = (),
    ) -> None:
        self.code = code or self.default_code
        self.message = message or self.default_message
        self.errors: list[FieldError] = [(str(field), str(text)) for field, text in errors]
        super().__init__(self.code, self.message)

    def __str__(self) -> str:
        details = "; ".join(f"{field} {text}" for field, text in self.errors)
        return f"{self.code}: {self.message}" + (f" ({details})" if details else "")

    def to_wire(self) -> dict[str, Any]:
        """`{"class", "code", "message", "errors": [[field, text]]}`, plain JSON."""
        return {
            "class": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "errors": [[field, text] for field, text in self.errors],
        }


class ConfigError(InterdeskError):
    """The environment is wrong. `errors` names each variable."""

    default_code = "config_invalid"
    default_message = "The configuration is wrong."


class Unauthorized(InterdeskError):
    default_code = "unauthorized"
    default_message = "Unauthorized"


class Forbidden(InterdeskError):
    default_code = "forbidden"
    default_message = "You may not do this."


class NotFound(InterdeskError):
    default_code = "not_found"
    default_message = "Not Found"


class Invalid(InterdeskError):
    """What was sent is wrong; `errors` says which field and why."""

    default_code = "validation_failed"
    default_message = "Validation Failed"


class IllegalMove(Invalid):
    """The rules allow no such move now. The text says which moves are legal."""

    default_code = "illegal_move"
    default_message = "This move is not possible now."


class Conflict(InterdeskError):
    default_code = "conflict"
    default_message = "This contradicts another record."


class Stale(Conflict):
    """A compare-and-set lost: another save came first. Load and decide again (`store.decide_again`)."""

    default_code = "stale"
    default_message = "The record was changed by someone else at the same moment. Try again."


class PreconditionFailed(InterdeskError):
    default_code = "precondition_failed"
    default_message = "The record is not in the version that If-Match names."


class Unavailable(InterdeskError):
    """Broker, database or another service does not answer. Whether a change was made is not known."""

    default_code = "unavailable"
    default_message = "A part of this account does not answer just now. Try again later."


class Internal(InterdeskError):
    """A bug. The caller learns no detail; the log has it."""

    default_code = "internal_error"
    default_message = "Something went wrong on our side. The log has the details."


HTTP_STATUS: dict[type[InterdeskError], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    Invalid: 422,
    Unavailable: 503,
    Internal: 500,
    InterdeskError: 500,
}


def http_status(error: InterdeskError) -> int:
    """The status of the nearest class in `HTTP_STATUS`."""
    return next(HTTP_STATUS[cls] for cls in type(error).__mro__ if cls in HTTP_STATUS)


@contextmanager
def naming(fields: Mapping[str, str]) -> Iterator[None]:
    """Has a Conflict over the key of a unique index name the field that callers know (`{key: field}`)."""
    try:
        yield
    except Conflict as conflict:
        if conflict.code != "already_taken":
            raise
        errors = [(fields.get(key, key), text) for key, text in conflict.errors]
        raise Conflict(conflict.code, conflict.message, errors) from conflict


def from_wire(wire: Mapping[str, Any]) -> InterdeskError:
    """The error that `to_wire` described; an unknown class becomes the base, with code and text kept."""
    cls = _classes().get(str(wire.get("class")), InterdeskError)
    return cls(
        str(wire.get("code") or "") or None,
        str(wire.get("message") or "") or None,
        [(pair[0], pair[1]) for pair in wire.get("errors") or ()],
    )


def _classes() -> dict[str, type[InterdeskError]]:
    found: dict[str, type[InterdeskError]] = {}
    todo: list[type[InterdeskError]] = [InterdeskError]
    while todo:
        cls = todo.pop()
        found[cls.__name__] = cls
        todo.extend(cls.__subclasses__())
    return found
