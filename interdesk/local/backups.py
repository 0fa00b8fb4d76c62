"""A backup of a local deployment's account: its databases as they were together, in one file.

The file is a gzipped tar, private, whole or not at all:

secret                       the account's secret, without which no key in the databases can be read
<service>/<collection>.bson  the documents of a collection, one after another, as the database has them
manifest.json                last: whose it is, when it was made, and of each part its documents and SHA-256

While it is made the account stands still (its services are stopped), so that what one database says of
another is true in it. Indexes are not in it: services make theirs at each start. What the account noted
beside its databases (INTERDESK_STATE_DIR) is not either: by that a restored one is known (docs/restoring.md).

Nothing of the account's is touched before the whole file has been read and proven.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, cast

from bson import decode_file_iter
from bson.codec_options import CodecOptions
from bson.errors import InvalidBSON
from bson.raw_bson import RawBSONDocument
from marshmallow import Schema, ValidationError, fields, validate
from pymongo import MongoClient
from pymongo.collection import Collection

from interdesk.database_users import database_name
from interdesk.files import private_file, write_private
from interdesk.services import STORING

FORM: Final = 1
SECRET, MANIFEST = "secret", "manifest.json"
BATCH: Final = 500
_RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
_PART = re.compile(r"([a-z]+)/([A-Za-z_.]{1,100})\.bson")

Client = MongoClient[dict[str, Any]]
Watch = Callable[[int], None]


class BackupRefused(Exception):
    """The file is no backup of this account, or not whole. The text says what is wrong."""


class _PartSchema(Schema):
    name = fields.String(required=True)
    documents = fields.Integer(required=True)
    sha256 = fields.String(required=True)


class _ManifestSchema(Schema):
    form = fields.Integer(required=True, validate=validate.Equal(FORM, error="is of another version"))
    account = fields.String(required=True)
    made_at = fields.String(required=True)
    parts = fields.List(fields.Nested(_PartSchema), required=True)


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `parts`: by name, (documents, SHA-256)."""

    account: str
    made_at: str
    parts: dict[str, tuple[int, str]]

    @property
    def documents(self) -> int:
        return sum(documents for documents, _ in self.parts.values())


def write_backup(
    file: Path,
    account: str,
    client: Client,
    secret: Path,
    now: datetime,
    watch: Watch = lambda documents: None,
) -> Manifest:
    """`watch` is told how many documents are written. Raises OSError, PyMongoError."""
    manifest = Manifest(account, now.isoformat(), {})
    with private_file(file) as out, tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive:
        _add(archive, manifest, SECRET, io.BytesIO(secret.read_bytes()), 0)
        for service in STORING:
            database = client[database_name(account, service)]
            for name in sorted(database.list_collection_names()):
                with tempfile.TemporaryFile(dir=file.parent) as part:
                    documents = 0
                    for document in _raw(client, account, service, name).find().sort("_id", 1):
                        part.write(document.raw)
                        documents += 1
                        watch(1)
                    part.seek(0)
                    _add(archive, manifest, f"{service}/{name}.bson", part, documents)
        parts = [
            {"name": name, "documents": count, "sha256": hash}
            for name, (count, hash) in manifest.parts.items()
        ]
        whole = {"form": FORM, "account": account, "made_at": manifest.made_at, "parts": parts}
        _add(archive, manifest, MANIFEST, io.BytesIO(json.dumps(whole, indent=1).encode()), 0)
    return manifest


def read_manifest(file: Path, account: str) -> Manifest:
    """Reads the whole file and proves it. Raises BackupRefused, OSError."""
    found: dict[str, str] = {}
    written: bytes | None = None
    try:
        for name, part in _parts(file):
            if written is not None:
                raise BackupRefused(f"{file} goes on after its end")
            if name == MANIFEST:
                written = part.read()
            else:
                found[name] = _hash(part)
    except (tarfile.TarError, EOFError, zlib.error) as problem:
        raise BackupRefused(f"{file} is no backup, or was cut off ({problem})") from problem
    if written is None:
        raise BackupRefused(f"{file} is not whole: its end is missing")
    manifest = _manifest(file, written)
    if manifest.account != account:
        raise BackupRefused(f"{file} is a backup of {manifest.account}, not of {account}")
    wrong = sorted(
        name
        for name in found.keys() | manifest.parts.keys()
        if found.get(name) != manifest.parts.get(name, (0, ""))[1]
    )
    if wrong:
        raise BackupRefused(f"{file} was changed since it was made: {', '.join(wrong[:5])}")
    return manifest


def restore_backup(
    file: Path, account: str, client: Client, secret: Path, watch: Watch = lambda documents: None
) -> Manifest:
    """The account's databases and its secret are again as they were. Its services do not run meanwhile.

    Raises BackupRefused, before anything is touched; OSError, PyMongoError: then do it again.
    """
    manifest = read_manifest(file, account)
    for service in STORING:
        client.drop_database(database_name(account, service))
    for name, part in _parts(file):
        if name == SECRET:
            write_private(secret, part.read())
        elif (place := _PART.fullmatch(name)) is not None:
            for batch in _batches(part):
                _raw(client, account, place[1], place[2]).insert_many(batch)
                watch(len(batch))
    return manifest


def _raw(client: Client, account: str, service: str, name: str) -> Collection[RawBSONDocument]:
    """A collection whose documents are taken as they are, byte for byte."""
    found: Any = client[database_name(account, service)].get_collection(name, codec_options=cast(Any, _RAW))
    return cast("Collection[RawBSONDocument]", found)


def _add(archive: tarfile.TarFile, manifest: Manifest, name: str, part: IO[bytes], documents: int) -> None:
    manifest.parts[name] = (documents, _hash(part))
    entry = tarfile.TarInfo(name)
    entry.size = part.tell()
    entry.mode = 0o600
    part.seek(0)
    archive.addfile(entry, part)


def _hash(part: IO[bytes]) -> str:
    """Of all that is left to read."""
    digest = hashlib.sha256()
    while piece := part.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def _parts(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and contents of each part, in order. Raises BackupRefused for what no backup holds."""
    with tarfile.open(file, mode="r|gz") as archive:
        for entry in archive:
            place = _PART.fullmatch(entry.name)
            if entry.name not in (SECRET, MANIFEST) and (place is None or place[1] not in STORING):
                raise BackupRefused(f"{file} holds what no backup holds: {entry.name[:100]!r}")
            part = archive.extractfile(entry)
            if part is None:
                raise BackupRefused(f"{file} holds what is no file: {entry.name[:100]!r}")
            yield entry.name, part


def _manifest(file: Path, written: bytes) -> Manifest:
    try:
        read = _ManifestSchema().load(json.loads(written))
    except (ValueError, ValidationError) as problem:
        raise BackupRefused(f"{file} is no backup that this version reads: {problem}") from problem
    parts = {part["name"]: (part["documents"], part["sha256"]) for part in read["parts"]}
    return Manifest(read["account"], read["made_at"], parts)


def _batches(part: IO[bytes]) -> Iterator[list[RawBSONDocument]]:
    batch: list[RawBSONDocument] = []
    try:
        for document in decode_file_iter(part, codec_options=_RAW):
            batch.append(document)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except InvalidBSON as problem:
        raise BackupRefused(f"a part holds what is no document ({problem})") from problem
    if batch:
        yield batch
