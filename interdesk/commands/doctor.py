"""`interdesk doctor`: can this machine run Interdesk, and does what runs here run well?"""

from __future__ import annotations

import importlib.metadata
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pymongo
import typer
from pymongo.errors import PyMongoError

from interdesk.commands.options import DEFAULT_DIRECTORY, Directory, Json
from interdesk.commands.output import FAILED, show
from interdesk.files import FileBroken
from interdesk.local.deployment import LocalDeployment, NothingHere, OtherVersion
from interdesk.local.rabbitmq import SERVER, is_installed
from interdesk.services import SERVICES
from services.common import config as configuration

_MIN_FREE_BYTES = 1 << 30
_MIN_OPEN_FILES = 1024


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` says what to do when it is not well."""

    subject: str
    well: bool
    found: str
    advice: str = ""


def doctor(directory: Directory = DEFAULT_DIRECTORY, as_json: Json = False) -> None:
    """Check what Interdesk needs here, and what runs here. Exit code 1 when something is not well."""
    findings = [finding for check in CHECKS for finding in check(directory)]
    rows = [asdict(finding) | ({"advice": ""} if finding.well else {}) for finding in findings]
    show(rows, ("subject", "well", "found", "advice"), as_json=as_json)
    if not all(finding.well for finding in findings):
        raise typer.Exit(FAILED)


def check_python(directory: Path) -> Iterator[Finding]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", sys.version_info[:2] == (3, 11), found, "use Python 3.11")


def check_rabbitmq(directory: Path) -> Iterator[Finding]:
    if os.environ.get("AMQP_URI"):
        yield Finding("RabbitMQ", True, "AMQP_URI names a broker to use")
        return
    found = str(SERVER) if is_installed() else "not installed; the embedded bus is used, for trying out"
    yield Finding(
        "RabbitMQ", is_installed(), found, f"sudo bash .ci/install-package rabbitmq-server {SERVER}"
    )


def check_database(directory: Path) -> Iterator[Finding]:
    uri = os.environ.get("MONGO_URI")
    if not uri:
        yield Finding("database", True, f"SecantusDB {importlib.metadata.version('secantusdb')}")
        return
    try:
        with pymongo.MongoClient[dict[str, object]](uri, serverSelectionTimeoutMS=3000) as client:
            client.admin.command("ping")
        yield Finding("database", True, "MONGO_URI answers")
    except PyMongoError as problem:
        yield Finding("database", False, f"MONGO_URI: {type(problem).__name__}", "is it reachable?")


def check_settings(directory: Path) -> Iterator[Finding]:
    known = {variable.name for variable in configuration.TABLE}
    unknown = sorted(name for name in os.environ if name.startswith("INTERDESK_") and name not in known)
    found = f"unknown: {', '.join(unknown)}" if unknown else "no unknown INTERDESK_ variable"
    yield Finding("settings", not unknown, found, "see docs/configuration.md")


def check_room(directory: Path) -> Iterator[Finding]:
    place = directory if directory.exists() else Path.cwd()
    free = shutil.disk_usage(place).free
    yield Finding("disk", free >= _MIN_FREE_BYTES, f"{free >> 20} MiB free", "the broker stops when full")
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    enough = files == resource.RLIM_INFINITY or files >= _MIN_OPEN_FILES
    yield Finding("open files", enough, str(files), f"raise the limit: ulimit -n {_MIN_OPEN_FILES}")


def check_secrets(directory: Path) -> Iterator[Finding]:
    if not directory.exists():
        return
    open_to_others = directory.stat().st_mode & 0o077
    found = "open to others" if open_to_others else "its owner's only"
    yield Finding("run directory", not open_to_others, found, f"chmod 700 {directory}")


def check_running(directory: Path) -> Iterator[Finding]:
    try:
        deployment = LocalDeployment.open(directory)
    except NothingHere:
        yield Finding("deployment", True, "none here")
        return
    except (FileBroken, OtherVersion) as problem:
        yield Finding("deployment", False, str(problem), "move it away, or restore it from a backup")
        return
    if not deployment.processes:
        yield Finding("deployment", True, "down")
        return
    for name, process in deployment.processes.items():
        if not process.alive:
            yield Finding(name, False, "died", f"see {process.log}; `interdesk up` starts it again")
    for account in deployment.accounts.values():
        problems = {service: account.problem(service) for service in SERVICES}
        bad = "; ".join(f"{service}: {problem}" for service, problem in problems.items() if problem)
        yield Finding(account.id, not bad, bad or "ready", f"see {directory / 'logs'}" if bad else "")


CHECKS: tuple[Callable[[Path], Iterator[Finding]], ...] = (
    check_python,
    check_rabbitmq,
    check_database,
    check_settings,
    check_room,
    check_secrets,
    check_running,
)
