"""Commands that the documents name are there, with the options that they are given; so are make's targets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperArgument, TyperGroup

from interdesk.cli import app
from tests.meta.test_links import DOCUMENTS, ROOT

FENCE = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# Maybe by a path, or as what is run in a container.
COMMAND = re.compile(r"^(?:\$ )?(?:kubectl .* -- |docker compose exec \S+ )?(?:\S*/)?(?=interdesk )")
MAKE = re.compile(r"(?:^|[ ;&])make ([a-z-]+)")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

Line = tuple[str, bool]
"""A line, and whether it stands in a block: then it can be run as it is."""


def lines(document: Path) -> Iterator[Line]:
    text = document.read_text()
    for block in FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield line.partition(" #")[0].strip(), True
    for line in INLINE.findall(FENCE.sub("", text)):
        yield line, False


def wrong(line: str, runs: bool) -> str | None:
    """What a person who types this is told, where it names a command of ours."""
    found = COMMAND.match(line)
    if found is None:
        return None
    # Placeholders are words: <account>, FILE, [--crossing]; variables hold options.
    typed = shlex.split(re.split(r"[|;&]", line[found.end() :])[0])[1:]
    words = [word.strip("[]") for word in typed if not word.startswith("$")]
    command: Any = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in command.commands:
            return f"there is no {name}"
        command = command.commands[name]
    if isinstance(command, TyperGroup):
        return "a command of it has to be said" if runs and not words else None
    arguments = [each for each in command.params if isinstance(each, TyperArgument)]
    options = {name: each for each in command.params for name in each.opts} | {"--help": None}
    given = 0
    while words:
        word = words.pop(0)
        if not word.startswith("-"):
            given += word != "…"
        elif word not in options:
            return f"there is no option {word}"
        elif not getattr(options[word], "is_flag", True) and not words:
            return f"{word} wants a value"
        elif not getattr(options[word], "is_flag", True):
            words.pop(0)
    if given > len(arguments) or (runs and given < sum(each.required for each in arguments)):
        return f"it takes {len(arguments)} arguments, not {given}"
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_document_names_commands_that_there_are(document: Path) -> None:
    named = list(lines(document))
    assert [(line, why) for line, runs in named if (why := wrong(line, runs))] == []
    assert {target for line, _ in named for target in MAKE.findall(line)} <= TARGETS


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("interdesk frobnicate", False),
        ("interdesk trust inivte acme", False),
        ("docker compose exec a interdesk restore --as-rescued", False),
        ("interdesk trust invite", True),
        ("interdesk trust", True),
        (".venv/bin/interdesk trust end acme globex", False),
    ],
)
def test_a_command_that_there_is_not_is_found(line: str, runs: bool) -> None:
    assert wrong(line, runs)
