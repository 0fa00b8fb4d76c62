"""An account's environment file: what a service process of that account is configured with.

Lines `NAME=value`; the value goes to the end of the line as it is (no quotes, no expansion), as Docker reads
such files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from interdesk.files import write_private

# A file that another command finds must not depend on who starts it: nothing of these is inherited.
OURS = ("INTERDESK_", "AMQP_URI", "MONGO_URI")


def read_env_file(path: Path) -> dict[str, str]:
    """Raises OSError, and ValueError for a line that is neither a comment nor `NAME=value`."""
    environ = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as problem:
        raise ValueError(f"{path} is not a text file") from problem
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.replace("_", "").isalnum():
            raise ValueError(f"{path}, line {number}: expected NAME=value")
        environ[name] = value
    return environ


def write_env_file(path: Path, environ: Mapping[str, str]) -> None:
    """Private, whole or not at all. Raises ValueError for a value of several lines."""
    for name, value in environ.items():
        if "\n" in value:
            raise ValueError(f"{name}: a value must be on one line")
    write_private(path, "".join(f"{name}={value}\n" for name, value in environ.items()))


def without_ours(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for a process that is configured by a file alone."""
    return {name: value for name, value in environ.items() if not name.startswith(OURS)}
