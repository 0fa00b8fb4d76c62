"""Field types that the services' schemas share.

Every value that may reach a database filter has passed a typed field. A reference is taken as a number or as
`{"id": 5}`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import ValidationError, fields, validate

from services.common.time_zones import iana_name

MAX_ID = 2**53 - 1
MAX_MARKS = 30  # as in Unicode's stream-safe text (UAX 15)
MAX_COMPOSED = 4  # that many characters at most are composed to one, in any language
MAX_PICTURE_CHARACTERS = 90_000  # a picture of 64 KB in base64
_PICTURE_DATA = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_HOURS_AND_MINUTES = re.compile(r"(\d{1,6}):([0-5]\d)")


class Text(fields.String):
    """A line (or with `lines`, a text) of at most `longest` characters, trimmed, in Unicode's composed
    form."""

    def __init__(self, longest: int, *, lines: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        given = super()._deserialize(value, attr, data, **options)
        too_long = ValidationError(f"must be at most {self.longest} characters long")
        if len(given) > MAX_COMPOSED * self.longest:
            raise too_long
        text = composed(given).strip()
        if len(text) > self.longest:
            raise too_long
        allowed = "\n\t\r" if self.lines else ""
        if any(unicodedata.category(character) == "Cc" and character not in allowed for character in text):
            raise ValidationError("must not hold control characters")
        if self.required and not text:
            raise ValidationError("must not be empty")
        return text


def composed(text: str) -> str:
    """The text in Unicode's composed form. Raises ValidationError for one with more marks on a letter than
    any language has: to bring them in order takes time by the square of their number.
    """
    if text.isascii():
        return text
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > MAX_MARKS:
            raise ValidationError(f"must not hold more than {MAX_MARKS} marks on one letter")
    return unicodedata.normalize("NFC", text)


class ReferenceId(fields.Field[int]):
    """The integer id of another record: `5` or `{"id": 5}`."""

    def bare(self, name: str) -> str:
        return name.removesuffix("_id")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        return reference(value)


class ReferenceIds(fields.Field[list[int]]):
    """The ids of several records of one kind, without doubles: `[5, 6]` or `[{"id": 5}, {"id": 6}]`."""

    def __init__(self, most: int, *, bare: str, **options: Any) -> None:
        super().__init__(**options)
        self.most = most
        self._bare = bare

    def bare(self, name: str) -> str:
        return self._bare

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> list[int]:
        if not isinstance(value, list):
            raise ValidationError("must be a list of ids")
        if len(value) > self.most:
            raise ValidationError(f"must hold at most {self.most} ids")
        return list(dict.fromkeys(reference(each) for each in value))


def reference(value: Any) -> int:
    """An id out of `5` or `{"id": 5, …}`. Raises ValidationError."""
    if isinstance(value, Mapping):
        value = value.get("id")
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError("must be the numeric id of a record")
    if not 0 < value <= MAX_ID:
        raise ValidationError("must be a positive number")
    return value


class Moment(fields.AwareDateTime):
    """A point in time: ISO 8601 with an offset or Z comes in, UTC with Z goes out."""

    def __init__(self, **options: Any) -> None:
        refusals: dict[str, Any] = {
            "invalid": "must be a time such as 2025-01-31T09:30:00Z",
            "invalid_awareness": "must say its offset from UTC, or Z: such as 2025-01-31T09:30:00Z",
        }
        super().__init__(format="iso", error_messages=refusals, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **options)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise ValidationError("must be a time within the calendar") from None

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        if value is None:
            return None
        timespec = "milliseconds" if value.microsecond else "seconds"
        return value.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


class Target(Moment):
    """A point in time, or one of 4me's words for "no such time" (`best_effort`, `clock_stopped`, …)."""

    def _serialize(self, value: datetime | str | None, attr: str | None, obj: Any, **_: Any) -> str | None:
        return value if isinstance(value, str) else super()._serialize(value, attr, obj)


class Day(fields.Field[str]):
    """A calendar day, `yyyy-mm-dd`. It has no zone, so it is kept as that text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> str:
        try:
            return date.fromisoformat(value).isoformat()
        except (TypeError, ValueError):
            raise ValidationError("must be a day such as 2025-01-31") from None


class Minutes(fields.Field[int]):
    """A duration in whole minutes; `"h:mm"` is understood too."""

    def __init__(self, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if isinstance(value, str) and (written := _HOURS_AND_MINUTES.fullmatch(value)):
            value = int(written[1]) * 60 + int(written[2])
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValidationError('must be a number of minutes, or "h:mm"')
        if not 0 <= value <= self.most:
            raise ValidationError(f"must be between 0 and {self.most} minutes")
        return value


class Amount(fields.Decimal):
    """A decimal (money, a percentage): comes in as a number or text, is kept and goes out as text, as in
    4me."""

    def __init__(self, most: int, *, places: int = 2, **options: Any) -> None:
        super().__init__(places=places, allow_nan=False, **options)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        amount = super()._deserialize(value, attr, data, **options)
        if not 0 <= amount <= self.most:
            raise ValidationError(f"must be between 0 and {self.most}")
        return str(amount)


class Whole(fields.Nested):
    """An object within a record. An edit gives it whole: what it requires it requires there too."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Any, partial: Any = None, **options: Any
    ) -> Any:
        return super()._deserialize(value, attr, data, partial=False, **options)


class Picture(fields.String):
    """Where a picture is (http or https), or a small picture itself (`data:`; no SVG, which may hold
    scripts)."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        uri = super()._deserialize(value, attr, data, **options)
        if uri.startswith("data:"):
            if len(uri) > MAX_PICTURE_CHARACTERS or not _PICTURE_DATA.fullmatch(uri):
                raise ValidationError("must be a png, jpeg, gif or webp picture in base64 of at most 64 KB")
            return uri
        if len(uri) > 2000:
            raise ValidationError("must be at most 2000 characters long")
        validate.URL(schemes={"http", "https"}, require_tld=False, error="must be a web address")(uri)
        return uri


class Zone(fields.String):
    """An IANA time zone, such as Europe/Amsterdam. Rails' names are understood, and kept as IANA's."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        try:
            return iana_name(super()._deserialize(value, attr, data, **options))
        except ValueError as unknown:
            if isinstance(unknown, ValidationError):
                raise
            raise ValidationError(str(unknown)) from None


def long_text() -> Text:
    """Remarks and the like: several lines, or nothing."""
    return Text(65_536, lines=True, allow_none=True)


def currency(**options: Any) -> fields.String:
    return fields.String(
        validate=validate.Regexp(r"[A-Z]{3}\Z", error="must be a currency such as EUR"), **options
    )


def one_of(choices: tuple[str, ...], **options: Any) -> fields.String:
    options.setdefault("allow_none", True)
    return fields.String(validate=validate.OneOf(choices, error="must be one of {choices}"), **options)
