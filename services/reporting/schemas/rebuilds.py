"""A rebuild of what reports count from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from services.common.fields import Moment
from services.common.schemas import OutputSchema


class RebuildSchema(OutputSchema):
    """How far it is: `line` of about `lines` requests and affected SLAs. `removed` rows were of records that
    there are not. `state`: queued, processing, done, error (of which `errors` tell); never before the first.
    """

    state = fields.String()
    line = fields.Integer()
    lines = fields.Integer(allow_none=True)
    removed = fields.Integer()
    errors = fields.List(fields.List(fields.String()))
    created_at = Moment(allow_none=True)
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)


_REBUILD: Final = RebuildSchema()
_NEVER: Final = {"state": "never", "line": 0, "lines": None, "removed": 0, "errors": []} | dict.fromkeys(
    ("created_at", "started_at", "ended_at")
)


def shown_rebuild(job: Mapping[str, Any] | None) -> dict[str, Any]:
    """A rebuild as it goes out, or that there was none yet."""
    told: dict[str, Any] = _REBUILD.dump(job or _NEVER)
    return told
