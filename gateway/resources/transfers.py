"""Import and export of CSV files (docs/import-export.md): the file comes in, the rest is asked for by a
token.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import fields

from gateway import bodies, documents, import_forms
from gateway.answers import Answers, of_json
from gateway.asked import list_query
from gateway.audiences import allowed
from gateway.context import GatewayContext
from gateway.records import Shape
from gateway.resource import add_views, call, viewer
from services.common.roles import TRANSFER
from services.organizations import queries, schemas

SERVICE = "organizations"
UPLOAD: Final = "/v1/import"
IMPORT_LINE = Shape("import line", schemas.ImportLineSchema, queries.IMPORT_LINES)


# The form: what is said of the file, and the file itself.
_FILE = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})
ImportFormSchema = schemas.ImportInputSchema.from_dict({"file": _FILE}, name="ImportFormSchema")


class TransferViews:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self.context = context
        self.answers = answers
        self.database = context.databases[SERVICE]

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("transfers", __name__, url_prefix="/v1")
        token = documents.answer("By what it is asked for", schemas.TransferTokenSchema())
        self._add(
            blueprint,
            "/import",
            "import",
            "post",
            documents.describe(
                self.start_import,
                "Import a CSV file, or try what it would do",
                answers={"200": token},
                body=ImportFormSchema(),
                body_type="multipart/form-data",
            ),
        )
        shown = documents.answer("How far it is", schemas.ImportSchema())
        view = documents.describe(self.get_import, "How far an import is", answers={"200": shown})
        self._add(blueprint, "/import/<token>", "import_state", "get", view)
        view = documents.of_list(self.list_lines, IMPORT_LINE, "What became of the lines of an import")
        self._add(blueprint, "/import/<token>/lines", "import_lines", "get", view)
        view = _of_file(self.get_logfile, "The same as a file", "text/csv")
        self._add(blueprint, "/import/<token>/logfile", "import_logfile", "get", view)
        nothing = {"description": "Nothing was changed since then"}
        view = documents.describe(
            self.start_export,
            "Export records to CSV files",
            answers={"200": token, "204": nothing},
            body=schemas.ExportInputSchema(),
        )
        self._add(blueprint, "/export", "export", "post", view)
        shown = documents.answer("How far it is", schemas.ExportSchema())
        view = documents.describe(self.get_export, "How far an export is", answers={"200": shown})
        self._add(blueprint, "/export/<token>", "export_state", "get", view)
        view = _of_file(self.get_exported, "The file of an export", "text/csv", "application/zip")
        self._add(blueprint, "/export/<token>/file", "export_file", "get", view)
        return blueprint

    def start_import(self) -> Response:
        def start(token: str, said: dict[str, str]) -> Any:
            return self._call("start_import", token, said)

        return of_json(import_forms.taken(request, self._call, start))

    def get_import(self, token: str) -> Response:
        found = queries.get_import(self.database, token, viewer())
        return of_json({**found, "logfile": self.answers.url(f"/v1/import/{found['token']}/logfile")})

    def list_lines(self, token: str) -> Response:
        query = list_query(IMPORT_LINE.listing)
        page = queries.list_import_lines(self.database, token, query, viewer())
        return self.answers.page(IMPORT_LINE, page, query)

    def get_logfile(self, token: str) -> Response:
        return _download(queries.get_logfile(self.database, token, viewer()))

    def start_export(self) -> Response:
        form = request.mimetype == "application/x-www-form-urlencoded"
        taken = dict(request.form) if form else bodies.fields_of(request)
        started = self._call("start_export", taken)
        return of_json(started) if started["token"] else Response(status=204)

    def get_export(self, token: str) -> Response:
        found = queries.get_export(self.database, token, viewer())
        done = found["state"] == "done"
        url = self.answers.url(f"/v1/export/{found['token']}/file") if done else None
        return of_json({**found, "url": url})

    def get_exported(self, token: str) -> Response:
        return _download(queries.get_exported(self.database, token, viewer()))

    def _call(self, command: str, *arguments: Any) -> Any:
        return call(self.context, SERVICE, command, *arguments)

    def _add(self, blueprint: Blueprint, path: str, name: str, method: str, view: Any) -> None:
        scope = path.split("/")[1]
        add_views(blueprint, path, name, {method: allowed(*TRANSFER, scope=scope)(view)})


def _download(file: queries.File) -> Response:
    response = Response(file.chunks, mimetype=file.mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    if file.size is not None:
        response.content_length = file.size
    return response


def _of_file(view: Any, summary: str, *media_types: str) -> Any:
    content = {each: {"schema": {"type": "string", "format": "binary"}} for each in media_types}
    return documents.describe(view, summary, answers={"200": {"description": "A file", "content": content}})
