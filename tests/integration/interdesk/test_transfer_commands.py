"""`interdesk import` and `interdesk export`: what they ask of an account, print, write and end with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from interdesk.cli import app
from tests.integration.interdesk.scripted import Scripted

LINES = "/v1/import/t1/lines?outcome=created%2Cupdated%2Cdeleted%2Cfailure%2Cerror&per_page=100"
RESULTS = {"created": 1, "updated": 0, "deleted": 0, "unchanged": 3, "failures": 0, "errors": 0}
CREATED = {
    "line": 2,
    "outcome": "created",
    "record_id": None,
    "changes": {"name": [None, "A"], "region": ["B", ""]},
    "errors": [],
}
REFUSED = {"line": 3, "outcome": "failure", "record_id": None, "changes": {}, "errors": [["name", "is bad"]]}


@pytest.fixture
def place(server: Scripted, tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("t" * 43)
    (tmp_path / "sites.csv").write_text("name\nA\n")
    return tmp_path


def ran(server: Scripted, place: Path, *arguments: str) -> Result:
    account = ["--url", server.url, "--token-file", str(place / "token")]
    return CliRunner().invoke(app, [*arguments, *account])


def answers(state: str = "done", lines: list[Any] | None = None, **results: int) -> dict[str, Any]:
    ended = {"token": "t1", "state": state, "line": 4, "lines": 4, "dry_run": True, "errors": []}
    ended["results"] = {**RESULTS, **results}
    waiting = {**ended, "state": "processing", "line": 1}
    return {
        "/v1/import": [(200, {}, {"token": "t1"})],
        "/v1/import/t1": [(200, {}, waiting), (200, {}, ended)],
        LINES: [(200, {}, [CREATED] if lines is None else lines)],
    }


def test_an_import_waits_for_its_end_and_says_what_happened(server: Scripted, place: Path) -> None:
    server.script = answers()
    result = ran(server, place, "import", str(place / "sites.csv"), "--type", "sites", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "name: A; region: B → (empty)" in result.stdout
    assert "unchanged" in result.stdout
    assert "nothing was changed" in result.stderr
    assert [path for _, path, _ in server.seen] == ["/v1/import", *["/v1/import/t1"] * 2, LINES]


def test_a_refused_line_ends_with_one(server: Scripted, place: Path) -> None:
    server.script = answers(lines=[REFUSED], failures=1)
    result = ran(server, place, "import", str(place / "sites.csv"), "--type", "sites")
    assert result.exit_code == 1
    assert "name: is bad" in result.stdout


def test_a_script_reads_the_import_and_its_lines(server: Scripted, place: Path) -> None:
    server.script = answers("failed", lines=[])
    result = ran(server, place, "import", str(place / "sites.csv"), "--type", "sites", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["state"], told["told"]) == ("failed", [])


def test_wrong_use_is_told_in_a_sentence(server: Scripted, place: Path) -> None:
    for arguments in (
        ("import", "/nowhere.csv", "--type", "sites"),
        ("import", str(place / "sites.csv")),
        ("export", "sites", str(place / "sites.csv")),
    ):
        result = ran(server, place, *arguments)
        assert result.exit_code == 2
        assert "Traceback" not in result.output
    assert server.seen == []


def test_what_the_account_refuses_ends_with_four(server: Scripted, place: Path) -> None:
    refusal = {"message": "Validation Failed", "errors": [["nmae", "is no column of this type"]]}
    server.script = {"/v1/import": [(422, {}, refusal)]}
    result = ran(server, place, "import", str(place / "sites.csv"), "--type", "sites")
    assert result.exit_code == 4
    assert "nmae: is no column" in result.stderr


def test_an_export_is_a_file_when_it_is_whole(server: Scripted, place: Path) -> None:
    done = {"token": "t2", "state": "done", "line": 2, "errors": []}
    server.script = {
        "/v1/export": [(200, {}, {"token": "t2"})],
        "/v1/export/t2": [(200, {}, {**done, "state": "queued"}), (200, {}, done)],
        "/v1/export/t2/file": [(200, {}, "the file")],
    }
    result = ran(server, place, "export", "sites", str(place / "out.csv"), "--since", "2026-01-31")
    assert result.exit_code == 0, result.output
    assert "2 records" in result.stderr
    assert (place / "out.csv").read_text() == '"the file"'


def test_an_export_that_breaks_off_is_told_and_leaves_no_file(server: Scripted, place: Path) -> None:
    done = {"token": "t2", "state": "done", "line": 2, "errors": []}
    server.script = {
        "/v1/export": [(200, {}, {"token": "t2"})],
        "/v1/export/t2": [(200, {}, done)],
        "/v1/export/t2/file": [(200, {"Content-Length": "1000"}, "the beginning")],
    }
    result = ran(server, place, "export", "sites", str(place / "out.csv"))
    assert result.exit_code == 4, result.output
    assert "broke off in the middle of the file" in result.stderr
    assert not list(place.glob("out.csv*"))


def test_when_nothing_was_changed_there_is_no_file(server: Scripted, place: Path) -> None:
    server.script = {"/v1/export": [(204, {}, None)]}
    result = ran(server, place, "export", "sites", str(place / "out.csv"), "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"token": None})
    assert not (place / "out.csv").exists()
