"""Attachments: where files go before a record names them, and where they are fetched."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from werkzeug.exceptions import RequestEntityTooLarge

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.audiences import everyone
from gateway.context import GatewayContext
from gateway.downloads import download
from gateway.errors import UnsupportedMediaType
from gateway.resource import add_views, viewer
from gateway.uploads import FORM_BYTES, UploadForm, taken
from services.common import attachments
from services.common.errors import NotFound
from services.common.schemas import OutputSchema
from services.organizations import queries as organizations
from services.requests import queries as requests

PATH: Final = "/v1/attachments"
FILENAME: Final = "${filename}"
_WITH_ATTACHMENTS: Final = (
    ("requests", requests.get_attachment),
    ("organizations", organizations.get_attachment),
)
_BYTES: Final = {"type": "string", "format": "binary"}


class LocalStorageSchema(OutputSchema):
    """What to send along with a file."""

    key = fields.String()


class StorageSchema(OutputSchema):
    """Where files go. `size_limit` in bytes."""

    provider = fields.String()
    upload_uri = fields.String()
    size_limit = fields.Integer()
    allowed_extensions = fields.List(fields.String())
    local = fields.Nested(LocalStorageSchema)


class UploadedSchema(OutputSchema):
    """`key`: what a record names the file by."""

    key = fields.String(required=True)


class UploadSchema(Schema):
    """A form with a file. `key` and `Content-Type` may be sent along."""

    key = fields.String()
    content_type = fields.String(data_key="Content-Type")
    file = fields.Raw(required=True, metadata=_BYTES)


class AttachmentViews:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self.context = context
        self.answers = answers

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("attachments", __name__, url_prefix=PATH)
        all_may = everyone("attachments")
        answer = {"200": documents.answer("Where files go", StorageSchema())}
        storage = documents.describe(self.get_storage, "Where to upload files", answers=answer)
        add_views(blueprint, "/storage", "storage", {"get": all_may(storage)})
        answer = {"200": documents.answer("It is here", UploadedSchema())}
        form = "multipart/form-data"
        upload = documents.describe(
            self.upload, "Upload a file", answers=answer, body=UploadSchema(), body_type=form
        )
        add_views(blueprint, "", "upload", {"post": all_may(upload)})
        content = {"application/octet-stream": {"schema": _BYTES}}
        answers: dict[str, Any] = {
            "200": {"description": "All of the file, as its own type", "content": content},
            "206": {"description": "The part of it that Range names", "content": content},
            "304": {"description": "It is what If-None-Match names"},
            "416": {"description": "It has no such part"},
        }
        fetch = documents.describe(self.fetch, "A file", answers=answers)
        add_views(blueprint, "/<id>", "file", {"get": all_may(fetch)})
        return blueprint

    def get_storage(self) -> Response:
        """A file can't be guessed from its key, so the same template does for everybody."""
        storage = {
            "provider": "local",
            "upload_uri": self.answers.url(PATH),
            "size_limit": self.context.config.attachment_bytes,
            "allowed_extensions": list(attachments.ALLOWED_EXTENSIONS),
            "local": {"key": f"attachments/{FILENAME}"},
        }
        return of_json(StorageSchema().dump(storage))

    def upload(self) -> Response:
        if request.mimetype != "multipart/form-data":
            raise UnsupportedMediaType(message="Send the file as multipart/form-data.")
        most = self.context.config.attachment_bytes + FORM_BYTES
        if (request.content_length or 0) > most:
            raise RequestEntityTooLarge
        request.max_content_length = most
        boundary = request.mimetype_params.get("boundary", "").encode("ascii", "replace")
        form = UploadForm(self.context, viewer())
        made = taken(form, request.stream, boundary, request.content_length)
        return of_json({"key": made["key"]})

    def fetch(self, id: str) -> Response:
        number = bodies.number(id)
        for service, get in _WITH_ATTACHMENTS:
            database = self.context.databases[service]
            try:
                attachment = get(database, number, viewer())
            except NotFound:
                continue
            file = attachments.find_by_id(database, number)
            if file is not None:
                return download(request, database, file, attachment)
        raise NotFound
