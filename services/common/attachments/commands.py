"""What the gateway asks of a service to bring a file into its database, piece by piece; and the sweep.

class RequestsService(AttachmentCommands, …):
    context = ServiceContext(collections=(…, *attachments.COLLECTIONS))
    def names_attachment(self, id): …
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from marshmallow import fields, validate

from services.common.actor import Actor
from services.common.attachments import files, marks
from services.common.attachments.schemas import MAX_KEY
from services.common.context import Context
from services.common.entrypoints import EVERYONE, command, every
from services.common.errors import Forbidden
from services.common.schemas import InputSchema, loaded

SWEEP_SECONDS: Final = 600.0
MAX_GIVEN_NAME: Final = 4096

log = structlog.get_logger(__name__)


class FinishedUploadSchema(InputSchema):
    """What is known of a file when all of it is here. `id` and `key`: of one that another service has."""

    name = fields.String(required=True, validate=validate.Length(max=MAX_GIVEN_NAME))
    type = fields.String(allow_none=True, validate=validate.Length(max=255))
    id = fields.Integer(strict=True, validate=validate.Range(min=1))
    key = fields.String(validate=validate.Length(min=1, max=MAX_KEY))


_FINISHED: Final = FinishedUploadSchema()


class AttachmentCommands:
    """For a service class, which has its `context`. Whose upload it is, only he goes on with."""

    context: Context

    def names_attachment(self, id: int) -> bool:
        """Whether a record of the service names an attachment."""
        raise NotImplementedError

    @command(allowed=EVERYONE)
    def begin_attachment(self, actor: Actor, room: int) -> dict[str, Any]:
        """`{upload}`: a file of at most `room` bytes is coming. Raises what `files.begin` does."""
        return {"upload": files.begin(self.context, room=room, person_id=_person(actor))}

    @command(allowed=EVERYONE, repeatable=True)
    def write_attachment(self, actor: Actor, upload: str, n: int, piece: bytes) -> dict[str, Any]:
        """The nth piece. Raises what `files.write` does."""
        files.write(self.context, upload, n, piece, _person(actor))
        return {"upload": upload}

    @command(allowed=EVERYONE)
    def finish_attachment(self, actor: Actor, upload: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The attachment, once all of it was looked at. Raises what `files.finish` does."""
        taken = loaded(_FINISHED, fields)
        return files.finish(
            self.context,
            upload,
            name=taken["name"],
            declared=taken.get("type"),
            id=taken.get("id"),
            key=taken.get("key"),
            person_id=_person(actor),
        )

    @command(allowed=EVERYONE, repeatable=True)
    def drop_attachment(self, actor: Actor, upload: str) -> dict[str, Any]:
        """Its sender has broken off. Raises NotFound."""
        files.drop_coming(self.context, upload, _person(actor))
        return {"upload": upload}

    @every(SWEEP_SECONDS, lease="attachments")
    def sweep_attachments(self) -> None:
        if gone := marks.sweep(self.context, self.names_attachment):
            log.info("attachments that no record names are gone", count=gone)


def _person(actor: Actor) -> int:
    if actor.person_id is None:
        raise Forbidden("not_allowed", "Only people upload files.")
    return actor.person_id
