"""A backup holds all of an account as it was, or it is refused before anything is touched."""

from __future__ import annotations

import datetime
import io
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from interdesk.database_users import database_name
from interdesk.local.backups import BATCH, BackupRefused, read_manifest, restore_backup, write_backup
from interdesk.local.database import Database
from interdesk.services import STORING

ACCOUNT = "kept"
NOW = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)

Stored = dict[str, dict[str, list[dict[str, Any]]]]


@pytest.fixture
def client(database: Database) -> Iterator[Any]:
    with database.administrator() as client:
        yield client
        for service in STORING:
            client.drop_database(database_name(ACCOUNT, service))


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("the one of then")
    return path


@pytest.fixture
def backup(client: Any, secret: Path, tmp_path: Path) -> Path:
    """Of an account with something in it, which was changed since."""
    requests = client[database_name(ACCOUNT, "requests")]
    requests.requests.insert_many(
        [
            {"_id": number, "at": NOW, "seal": b"\0\xff", "more": [{"x": None}]}
            for number in range(2 * BATCH + 1)
        ]
    )
    requests["fs.chunks"].insert_one({"_id": ObjectId(), "data": b"x" * 300_000})
    client[database_name(ACCOUNT, "slas")].slas.insert_one({"_id": 1, "name": "Gold"})
    file = tmp_path / "of then"
    write_backup(file, ACCOUNT, client, secret, NOW)
    requests.requests.delete_many({"_id": {"$gt": 10}})
    requests.later.insert_one({"_id": 1})
    client[database_name(ACCOUNT, "slas")].slas.update_one({"_id": 1}, {"$set": {"name": "Silver"}})
    secret.write_text("another one")
    return file


def stored(client: Any) -> Stored:
    return {
        service: {
            name: list(database[name].find().sort("_id", 1)) for name in database.list_collection_names()
        }
        for service in STORING
        for database in [client[database_name(ACCOUNT, service)]]
    }


def test_all_is_as_it_was_and_nothing_else(client: Any, secret: Path, backup: Path) -> None:
    watched: list[int] = []
    restored = restore_backup(backup, ACCOUNT, client, secret, watched.append)
    assert (restored.account, restored.made_at) == (ACCOUNT, NOW.isoformat())
    assert restored.documents == sum(watched) == 2 * BATCH + 3
    after = stored(client)
    assert {name for names in after.values() for name in names} == {"requests", "fs.chunks", "slas"}
    assert [each["_id"] for each in after["requests"]["requests"]] == list(range(2 * BATCH + 1))
    assert after["requests"]["requests"][0]["seal"] == b"\0\xff"
    assert after["slas"]["slas"] == [{"_id": 1, "name": "Gold"}]
    assert secret.read_text() == "the one of then"
    assert (backup.stat().st_mode & 0o777, secret.stat().st_mode & 0o777) == (0o600, 0o600)


def with_member(data: bytes) -> bytes:
    """The archive with one more file in it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for entry in old:
            new.addfile(entry, old.extractfile(entry))
            if entry.name == "secret":
                strange = tarfile.TarInfo("../../outside")
                new.addfile(strange, io.BytesIO())
    return made.getvalue()


def with_other_document(data: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(data)) as old, tarfile.open(fileobj=made, mode="w:gz") as new:
        for entry in old:
            part = old.extractfile(entry).read()
            if entry.name == "slas/slas.bson":
                part = part.replace(b"Gold", b"Lead")
            new.addfile(entry, io.BytesIO(part))
    return made.getvalue()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda data: data[: len(data) // 2], "cut off"),
        (lambda data: b"no archive at all", "no backup"),
        (lambda data: b"", "no backup"),
        (with_member, "what no backup holds"),
        (with_other_document, "changed since it was made: slas/slas.bson"),
    ],
)
def test_what_is_no_whole_backup_is_refused_and_nothing_touched(
    client: Any, secret: Path, backup: Path, changed: Callable[[bytes], bytes], told: str
) -> None:
    backup.write_bytes(changed(backup.read_bytes()))
    before = stored(client)
    with pytest.raises(BackupRefused, match=told):
        restore_backup(backup, ACCOUNT, client, secret)
    assert stored(client) == before
    assert secret.read_text() == "another one"


def test_a_backup_of_another_account_is_refused(backup: Path) -> None:
    with pytest.raises(BackupRefused, match="a backup of kept, not of other"):
        read_manifest(backup, "other")
