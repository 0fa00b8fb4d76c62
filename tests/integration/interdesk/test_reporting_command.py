"""`interdesk reporting rebuild`: what it asks of an account, prints and ends with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from interdesk.cli import app
from tests.integration.interdesk.scripted import Scripted

PATH = "/v1/reporting/rebuild"
GOES_ON: dict[str, Any] = {"state": "processing", "line": 1, "lines": 4, "removed": 0, "errors": []}
DONE = {**GOES_ON, "state": "done", "line": 4}


def ran(server: Scripted, place: Path, *more: str) -> Result:
    (place / "token").write_text("t" * 43)
    account = ["--url", server.url, "--token-file", str(place / "token")]
    return CliRunner().invoke(app, ["reporting", "rebuild", *account, *more])


def test_it_waits_for_the_end_and_tells_it(server: Scripted, tmp_path: Path) -> None:
    server.script = {PATH: [(200, {}, GOES_ON), (200, {}, GOES_ON), (200, {}, DONE)]}
    result = ran(server, tmp_path, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == DONE
    assert [(method, path) for method, path, _ in server.seen] == [
        ("POST", PATH),
        ("GET", PATH),
        ("GET", PATH),
    ]


def test_what_went_wrong_is_told_and_ends_with_one(server: Scripted, tmp_path: Path) -> None:
    broken = {**GOES_ON, "state": "error", "errors": [["base", "It broke."]]}
    server.script = {PATH: [(200, {}, GOES_ON), (200, {}, broken)]}
    result = ran(server, tmp_path)
    assert result.exit_code == 1
    assert "It broke." in result.stderr
