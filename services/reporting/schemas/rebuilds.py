"""A rebuild of what reports count from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from services.common.fields import Moment
from services.common.schemas import OutputSchema


class RebuildSchema(OutputSchema):
    """How far it is: `line` of about `lines` requests and affected SLAs. `removed` rows were of records that
    there are not. `state`: queued, processing, done or error, of which `errors` tell.
    """

    state = fields.String()
    line = fields.Integer()
    lines = fields.Integer()
    removed = fields.Integer()
    errors = fields.List(fields.List(fields.String()))
    created_at = Moment()
    started_at = Moment()
    ended_at = Moment()


_REBUILD: Final = RebuildSchema()


def shown_rebuild(job: Mapping[str, Any]) -> dict[str, Any]:
    """A rebuild as it goes out."""
    told: dict[str, Any] = _REBUILD.dump(job)
    return told
