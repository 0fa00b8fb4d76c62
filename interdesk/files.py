"""Files of the run directory: written whole or not at all, secrets readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from marshmallow import ValidationError, fields


@contextmanager
def private_file(path: Path, mode: int = 0o600) -> Iterator[BinaryIO]:
    """A file that only its owner reads, to be written piece by piece. It gets its name when all of it is on
    the disk; when writing it fails, nothing of it stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def write_private(path: Path, content: bytes | str, mode: int = 0o600) -> None:
    """Writes a file that only its owner reads, by renaming: a reader sees the old or the new, never half."""
    with private_file(path, mode) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON, private, whole or not at all."""
    write_private(path, json.dumps(value, indent=2) + "\n")


class FileBroken(Exception):
    """A file that is needed can't be read, or holds something else. The text names it and says what."""


def read_text(path: Path, what: str) -> str:
    """The text of a file, trimmed. Raises FileBroken, which calls it `what`."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as problem:
        raise FileBroken(f"{what} can't be read: {path} is not a text file") from problem
    except OSError as problem:
        raise FileBroken(f"{what} can't be read: {problem}") from problem


def read_json(path: Path, holding: fields.Field[Any]) -> Any | None:
    """What the file holds, which must be as `holding` says; None when there is none. Raises FileBroken."""
    if not path.exists():
        return None
    try:
        return holding.deserialize(json.loads(read_text(path, "the run directory")))
    except json.JSONDecodeError as problem:
        told = f"is not JSON (line {problem.lineno}: {problem.msg})"
    except ValidationError as problem:
        told = f"holds something else than it should: {problem.normalized_messages()}"
    raise FileBroken(f"{path} {told}; it was not written by this version of Interdesk, or was damaged since")


def private_directory(path: Path) -> Path:
    """Makes a directory that only its owner enters."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path
