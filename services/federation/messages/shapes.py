"""The shapes that bodies of messages are made of.

Everything stays the plain JSON that travels: a schema checks and drops, it converts nothing. Keys that a
schema does not name are dropped on receive, at every level, so that a later version of a partner may say more
than we know. Numbers are bounded to what every JSON reader keeps exactly (2**53), texts to what one document
should hold.

What a check of its own says goes into the published JSON Schema too (`schemas.wire`): a field tells it in its
metadata `json_schema`, a whole shape in `also`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Final

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

MAX_INTEGER: Final = 2**53 - 1
MAX_NOTE_BYTES: Final = 65_536

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

CATEGORIES: Final = (
    "incident", "rfc", "rfi", "reservation", "order", "fulfillment", "complaint", "compliment", "other",
    "case",
)  # fmt: skip
IMPACTS: Final = ("low", "medium", "high", "top")
MEDIA: Final = ("default", "email", "outbound_email", "system", "redacted", "automation", "reference", "ai")


class Body(Schema):
    """Base of every shape: all keys required unless said otherwise, unknown keys dropped.

    `also`: keywords of JSON Schema for what the fields alone do not say.
    """

    also: ClassVar[Mapping[str, Any]] = {}

    class Meta:
        unknown = EXCLUDE


def in_json_schema(**keywords: Any) -> dict[str, Any]:
    """The metadata of a field that says in JSON Schema what its own check says in Python."""
    return {"json_schema": keywords}


def text(maximum: int = 255, *, null: bool = False, minimum: int = 1) -> fields.Field[Any]:
    """A string of `minimum` to `maximum` characters."""
    length = validate.Length(min=minimum, max=maximum)
    return fields.String(required=True, allow_none=null, validate=length)


def long_text(maximum_bytes: int = MAX_NOTE_BYTES) -> fields.Field[Any]:
    """A string of 1 to `maximum_bytes` bytes of UTF-8."""

    def check(value: str) -> None:
        if not value:
            raise ValidationError("Must not be empty.")
        if len(value.encode()) > maximum_bytes:
            raise ValidationError(f"Must be at most {maximum_bytes} bytes of UTF-8.")

    about = in_json_schema(
        minLength=1, maxLength=maximum_bytes, description=f"{maximum_bytes} bytes of UTF-8"
    )
    return fields.String(required=True, validate=check, metadata=about)


def integer(minimum: int = 1, *, null: bool = False, maximum: int = MAX_INTEGER) -> fields.Field[Any]:
    in_range = validate.Range(min=minimum, max=maximum)
    return fields.Integer(strict=True, required=True, allow_none=null, validate=in_range)


def boolean(*, required: bool = True) -> fields.Field[Any]:
    """Only true and false; not the words and numbers that stand for them elsewhere."""
    return fields.Raw(required=required, validate=_is_boolean, metadata=in_json_schema(type="boolean"))


def _is_boolean(value: object) -> None:
    if not isinstance(value, bool):
        raise ValidationError("Must be true or false.")


def one_of(values: tuple[str, ...], *, null: bool = False) -> fields.Field[Any]:
    return fields.String(required=True, allow_none=null, validate=validate.OneOf(values))


def matching(pattern: str, *, null: bool = False) -> fields.Field[Any]:
    """A string that the whole of the pattern matches."""
    whole = validate.Regexp(rf"\A(?:{pattern})\Z", error="String does not match expected pattern.")
    return fields.String(required=True, allow_none=null, validate=whole)


def code(*, null: bool = False) -> fields.Field[Any]:
    return matching(r"[a-z][a-z0-9_]{0,39}", null=null)


def _check_time(value: str) -> None:
    try:
        if not _TIME.fullmatch(value):
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError:
        raise ValidationError("Not a time like 2024-05-06T07:08:09.123Z.") from None


def _check_date(value: str) -> None:
    try:
        if not _DATE.fullmatch(value):
            raise ValueError
        date.fromisoformat(value)
    except ValueError:
        raise ValidationError("Not a date like 2024-05-06.") from None


def time(*, null: bool = False, required: bool = True) -> fields.Field[Any]:
    """RFC 3339, UTC, milliseconds, Z."""
    about = in_json_schema(format="date-time", pattern=f"^{_TIME.pattern}$")
    return fields.String(required=required, allow_none=null, validate=_check_time, metadata=about)


def day(*, null: bool = False) -> fields.Field[Any]:
    about = in_json_schema(format="date", pattern=f"^{_DATE.pattern}$")
    return fields.String(required=True, allow_none=null, validate=_check_date, metadata=about)


def nested(schema: type[Schema] | Schema, *, null: bool = False) -> fields.Field[Any]:
    return fields.Nested(schema, required=True, allow_none=null)


def many(item: fields.Field[Any] | type[Schema], maximum: int, *, minimum: int = 0) -> fields.Field[Any]:
    inner = item if isinstance(item, fields.Field) else fields.Nested(item)
    return fields.List(inner, required=True, validate=validate.Length(min=minimum, max=maximum))


def episode() -> fields.Field[Any]:
    """`[incarnation, n]`, both at least 1; only the customer raises it (handover.md, rule 2)."""
    number = fields.Integer(strict=True, validate=validate.Range(min=1, max=MAX_INTEGER))
    return fields.List(number, required=True, validate=validate.Length(equal=2))


def revision() -> fields.Field[Any]:
    """`[incarnation, n]`, as an episode: of what is said whole each time, it rises with every word, also over
    a restore.
    """
    return episode()


class Ref(Body):
    """A record of the sender's account, by the sender's own id."""

    id = integer()
    name = text()


class Note(Body):
    """A public note. `person` is null when the note is relayed from a third account."""

    id = integer()
    text = long_text()
    person = nested(Ref, null=True)
    medium = one_of(MEDIA)
    created_at = time()


class Core(Body):
    """What both sides share of a request; owned by the account where it originates."""

    subject = text()
    category = one_of(CATEGORIES)
    impact = one_of(IMPACTS, null=True)
    requester = text(null=True)
    desired_completion_at = time(null=True)
    downtime_start_at = time(null=True)
    downtime_end_at = time(null=True)
