"""`interdesk ledger`: what it says of a file, and that a file is whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from interdesk.cli import app
from interdesk.files import private_file
from tests.unit.federation.ledgers import RINGS, file_of, talk

PINS = [f"--pin={ring.current().kid}" for ring in RINGS.values()]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "widget.ledger"
    path.write_bytes(
        b"".join(file_of([talk("requests", "gigatera", 1, "s", "r"), talk("slas", "globalnet", 2, "r")]))
    )
    return path


def ledger(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["ledger", *arguments])


def test_a_proven_ledger_ends_well_and_says_what_it_rests_on(file: Path) -> None:
    result = ledger("verify", str(file), *PINS, "--messages")
    assert result.exit_code == 0, result.output
    assert "Proven, all of it." in result.stdout
    assert result.stdout.count("note.added.v1") == 3
    assert result.stdout.count("pinned") == 3


def test_of_many_messages_the_first_are_shown_and_a_script_reads_all(file: Path) -> None:
    shown = ledger("verify", str(file), "--messages", "--limit", "2")
    assert shown.stdout.count("note.added.v1") == 2
    assert "these are the first 2 of 3; --limit shows more" in shown.stderr
    read = ledger("verify", str(file), "--messages", "--limit", "2", "--json")
    assert len(json.loads(read.stdout)["messages"]) == 3


def test_a_script_reads_the_same(file: Path) -> None:
    report = json.loads(ledger("verify", str(file), "--json").stdout)
    assert (report["ok"], report["complete"], report["sent"], report["received"]) == (True, True, 1, 2)
    assert {key["known"] for key in report["keys"]} == {"by the file"}
    assert "messages" not in report


def test_an_altered_ledger_ends_with_one_and_names_the_record(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:8] + lines[9:]))
    result = ledger("verify", str(file))
    assert result.exit_code == 1
    assert "record 9: it is missing (record_missing)" in result.output
    assert "NOT proven" in result.output
    altered = json.loads(ledger("verify", str(file), "--json").stdout)
    assert altered["ok"] is False
    assert {"record": 9, "code": "record_missing", "text": "it is missing"} in altered["findings"]


@pytest.mark.parametrize("content", [b"", b"\x00\xff\x80", b"{}\n" * 3, b"[" * 100_000, b"a" * 3_000_000])
def test_what_is_no_ledger_is_told_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)
    result = ledger("verify", str(path))
    assert result.exit_code == 1
    assert "end_missing" in result.output


@pytest.mark.parametrize(
    "arguments", [("verify", "/nowhere"), ("verify", "/nowhere", "--pin", "widget"), ("export", "/")]
)
def test_wrong_use_is_told_in_a_sentence(arguments: tuple[str, ...]) -> None:
    result = ledger(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "widget.ledger"

    def half() -> None:
        with private_file(path) as out:
            out.write(b"half")
            assert not path.exists()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        half()
    assert list(tmp_path.iterdir()) == []


def test_a_file_has_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "widget.ledger"
    with private_file(path) as out:
        out.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
