"""Imports and exports: how far they are, what became of each line, and the files.

Who asked for one sees it, and of imports administrators do too. Files go out piece by piece.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from pymongo.database import Database

from services.common import csv_cells, roles
from services.common.actor import Actor
from services.common.database import answering
from services.common.errors import NotFound
from services.common.listing import Field, Kind, Listing, ListQuery, Page, page
from services.organizations import pieces, store
from services.organizations.queries.viewing import Document
from services.organizations.schemas.transfers import ExportSchema, ImportLineSchema, ImportSchema

OUTCOMES: Final = ("created", "updated", "deleted", "unchanged", "failure", "error")
IMPORT_LINES: Final = Listing(
    fields={
        "id": Field("_id", Kind.TEXT, sortable=True),
        "line": Field(kind=Kind.INTEGER, filterable=True, sortable=True),
        "outcome": Field(kind=Kind.ENUM, filterable=True, choices=frozenset(OUTCOMES)),
    },
    also=("record_id", "changes", "errors"),
    default_fields=("id", "line", "outcome", "record_id", "changes", "errors"),
    default_sort="line",
)
"""Of one import, in the order of its file."""


@dataclass(frozen=True)
class File:
    """A file to download, piece by piece; `size` in bytes where it is known before. `chunks` raises FileGone
    when the file is let go of meanwhile.
    """

    name: str
    mimetype: str
    chunks: Iterable[bytes]
    size: int | None = None


def get_import(database: Database[Document], token: str, viewer: Actor) -> Document:
    """Raises NotFound."""
    job = _import(database, token, viewer)
    results = {name: job["results"][name] for name in ("created", "updated", "deleted", "unchanged")}
    results |= {"failures": job["results"]["failure"], "errors": job["results"]["error"]}
    told: Document = ImportSchema().dump({**job, "token": token, "line": job["position"], "results": results})
    return told


def list_import_lines(database: Database[Document], token: str, query: ListQuery, viewer: Actor) -> Page:
    """What became of the lines that are done. Raises NotFound."""
    _import(database, token, viewer)
    lines: Any = database[store.TRANSFER_LINES]
    found = page(lines, IMPORT_LINES, query, {"import": token}, viewer=viewer)
    return found.map(lambda line: ImportLineSchema().dump({**line, "id": line["_id"]}))


def get_logfile(database: Database[Document], token: str, viewer: Actor) -> File:
    """The same as a CSV file: a line for each, with what changed or why not. Raises NotFound."""
    job = _import(database, token, viewer)
    return File(f"{job['type']}-log.csv", "text/csv", _log(database, token))


def get_export(database: Database[Document], token: str, viewer: Actor) -> Document:
    """Raises NotFound."""
    job = _export(database, token, viewer)
    told: Document = ExportSchema().dump({**job, "token": token, "type": ",".join(job["types"])})
    return told


def get_exported(database: Database[Document], token: str, viewer: Actor) -> File:
    """The file of an export: CSV, or of several types a ZIP. Raises NotFound, also before it is done."""
    job = _export(database, token, viewer)
    if job["state"] != "done":
        raise NotFound
    parts = {
        f"{type}.csv": pieces.read(database, f"{token}/{type}", job["pieces"][type]) for type in job["types"]
    }
    if len(parts) == 1:
        ((name, chunks),) = parts.items()
        return File(name, "text/csv", chunks, sum(job["bytes"].values()))
    return File("export.zip", "application/zip", _zipped(parts, job["created_at"].timetuple()[:6]))


def _import(database: Database[Document], token: str, viewer: Actor) -> Document:
    wanted: Document = {"_id": token, "what": "import", "state": {"$ne": "arriving"}}
    if not viewer.has(*roles.ADMINISTRATORS):
        wanted["person.id"] = viewer.person_id
    return _one(database, wanted)


def _export(database: Database[Document], token: str, viewer: Actor) -> Document:
    """Who asked for it, as long as he may. Raises NotFound."""
    found = _one(database, {"_id": token, "what": "export", "person.id": viewer.person_id})
    if not all(viewer.has(*needed) for needed in found["for"]):
        raise NotFound
    return found


def _one(database: Database[Document], wanted: Document) -> Document:
    with answering():
        found = database[store.TRANSFERS].find_one(wanted)
    if found is None:
        raise NotFound
    return found


def _log(database: Database[Document], token: str) -> Iterator[bytes]:
    yield csv_cells.written(("line", "outcome", "id", "column", "old", "new", "error"), "\r\n").encode()
    found = database[store.TRANSFER_LINES].find({"import": token}).sort([("line", 1), ("_id", 1)])
    with answering():
        for line in found:
            first = (str(line["line"]), line["outcome"], str(line["record_id"] or ""))
            told = [(column, old or "", new or "", "") for column, (old, new) in line["changes"].items()]
            told += [(column, "", "", text) for column, text in line["errors"]]
            for each in told or [("", "", "", "")]:
                yield csv_cells.written((*first, *each), "\r\n").encode()
        if database[store.TRANSFERS].find_one({"_id": token}, {"_id": 1}) is None:
            raise pieces.FileGone(f"{token}: the import and its lines are gone")


class _Outflow:
    """What a ZIP is written to: it can't be sought in, and what was written is taken away."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        data = bytes(self._written)
        self._written.clear()
        return data


def _zipped(parts: dict[str, Iterator[bytes]], at: Any) -> Iterator[bytes]:
    out = _Outflow()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # a stream
        for name, chunks in parts.items():
            info = zipfile.ZipInfo(name, at)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as member:
                for chunk in chunks:
                    member.write(chunk)
                    yield out.taken()
    yield out.taken()
