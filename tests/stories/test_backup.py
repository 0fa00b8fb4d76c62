"""`interdesk backup` and `restore` as a person uses them, on an account that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interdesk.api import Api
from interdesk.waiting import holds_within

pytestmark = pytest.mark.soak
ACCOUNTS = '[[accounts]]\nid = "acme"\nname = "Acme"\ndomain = "acme.example"\n'


class Person:
    """At the command line."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "run"
        self.accounts = directory / "accounts.toml"
        self.accounts.write_text(ACCOUNTS)

    def says(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "interdesk.cli", *command, "-d", str(self.directory)],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip

    def does(self, *command: str) -> str:
        done = self.says(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def api(self) -> Api:
        (url,) = json.loads(self.does("status", "--json"))["accounts"].values()
        return Api(url, (self.directory / "accounts" / "acme" / "token").read_text().strip())

    def is_ready(self) -> bool:
        return self.says("status").returncode == 0


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    person = Person(tmp_path)
    try:
        person.does("up", "--accounts", str(person.accounts), "--detach")
        yield person
    finally:
        person.does("down")


def test_an_account_goes_back_to_its_backup_by_two_commands(person: Person, tmp_path: Path) -> None:
    file = str(tmp_path / "acme.backup")
    with person.api() as api:
        kept = api.post("sites", {"name": "Kept"})["id"]
    person.does("backup", file)
    assert holds_within(person.is_ready, 60, 0.5)
    assert person.says("backup", file).returncode == 2  # it is there already
    with person.api() as api:
        api.patch(f"sites/{kept}", {"name": "Changed"})
        api.post("sites", {"name": "Later"})

    person.does("restore", file, "--as-restored", "--yes")

    assert holds_within(person.is_ready, 60, 0.5)
    with person.api() as api:
        assert [site["name"] for site in api.get("sites")] == ["Kept"]
        assert api.post("sites", {"name": "New"})["id"] > kept
