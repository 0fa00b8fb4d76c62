"""The note beside a service's database, `<INTERDESK_STATE_DIR>/<service>.json`; deployment.py tells what for.

{deployment, incarnation, seen}    how far the database has come, as the service writes it
{…, said, saying}                  what a person says of it (`interdesk restore`), and which time
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from marshmallow import ValidationError

from services.federation.messages import shapes

AS_RESTORED: Final = "as_restored"
AS_COPY: Final = "as_copy"

SAID: Final = "said"
SAYING: Final = "saying"
_WRITTEN: Final = ("deployment", "incarnation", "seen")
_NOBODYS: Final[Mapping[str, Any]] = {"deployment": None}


class _Note(shapes.Body):
    """Where a person says something of a database that has no note, only that stands in it."""

    deployment = shapes.text()
    incarnation = shapes.integer()
    seen = shapes.time()
    said = shapes.one_of((AS_RESTORED, AS_COPY))
    saying = shapes.text()


def read(path: Path) -> Mapping[str, Any] | None:
    """None: there is no note. One that can't be read is nobody's (`deployment` is None): a person shall
    say.
    """
    try:
        value = json.loads(path.read_text())
        is_marked = isinstance(value, dict) and SAID in value
        noted: dict[str, Any] = _Note().load(value, partial=_WRITTEN if is_marked else (SAID, SAYING))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, ValidationError):
        return _NOBODYS
    return noted


def say_of(state_dir: Path, service: str, said: str) -> None:
    """Marks the note of a service's database: AS_RESTORED or AS_COPY. The service looks at it when it starts,
    every few seconds while the border is shut, and else twice a minute. Raises OSError.
    """
    path = state_dir / f"{service}.json"
    noted = read(path)
    known = {} if noted is None or noted is _NOBODYS else noted
    write(path, {**known, SAID: said, SAYING: str(uuid.uuid4())})


def write(path: Path, note: Mapping[str, Any]) -> None:
    """Whole or not at all, also when the power goes; several may write it at once. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{uuid.uuid4().hex}")
    try:
        with fresh.open("w") as file:
            file.write(json.dumps(note) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o644)  # who says something may be another user than the service
        fresh.replace(path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
