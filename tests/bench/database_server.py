"""Which MongoDB-wire server is measured on: the one that MONGO_URI names, else `secantusd-rs` where it is on
the PATH, else the local database that every deployment brings.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from interdesk.local.ports import free_ports
from interdesk.local.processes import spawn

_FASTER = "secantusd-rs"
_OPTIONS = "retryWrites=false&serverMonitoringMode=poll"


@dataclass(frozen=True)
class Server:
    """`uri` is None for the deployment's own."""

    name: str
    uri: str | None


@contextmanager
def database_server(directory: Path, durable: bool) -> Iterator[Server]:
    """Raises StartFailed."""
    uri = os.environ.get("MONGO_URI")
    program = shutil.which(_FASTER)
    if uri:
        yield Server(f"{_version(uri)}, at MONGO_URI", uri)
    elif program:
        with _started(program, directory, durable) as uri:
            yield Server(f"{_FASTER} ({_version(uri)}), {_kept(durable)}", uri)
    else:
        yield Server(f"SecantusDB in Python, {_kept(durable)}", None)


@contextmanager
def _started(program: str, directory: Path, durable: bool) -> Iterator[str]:
    port = free_ports(1)[0]
    directory.mkdir(parents=True)
    command: list[str | Path] = [program, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--storage-path", directory / "data", "--cache-size", "256M"]
    command += ["--sync-on-commit"] if durable else []
    log = directory / "server.log"
    process = spawn("database", command, log=log, directory=directory, dies_with_parent=True)
    uri = f"mongodb://127.0.0.1:{port}/?{_OPTIONS}"
    try:
        process.wait_ready(lambda: _answers(uri), 30)
        yield uri
    finally:
        process.kill()


def _kept(durable: bool) -> str:
    return "every commit synced" if durable else "commits not synced"


def _answers(uri: str) -> bool:
    try:
        _version(uri)
    except PyMongoError:
        return False
    return True


def _version(uri: str) -> str:
    with pymongo.MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=2000) as client:
        return f"MongoDB {client.server_info()['version']}"
