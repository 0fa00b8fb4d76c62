"""Broken files and arguments: one sentence that names what is wrong, an exit code that says whose fault it
is, and no traceback.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.files import FileBroken
from interdesk.local.deployment import LocalDeployment, OtherVersion
from tests.replay.small_log import SMALL_LOG

FAILED, WRONG_USE, NOTHING_HERE, REFUSED = 1, 2, 3, 4
STATE = {
    "version": 1,
    "processes": "account",
    "durable": True,
    "external": {"AMQP_URI": None, "MONGO_URI": None},
    "accounts": [{"id": "widget", "name": "Widget", "domain": "widget.example"}],
}
ACCOUNT = '[[accounts]]\nid = "widget"\nname = "Widget"\ndomain = "widget.example"\n'
BINARY = b"\x80\x81\x00"


def told(code: int, *arguments: str | Path) -> str:
    """What the command says, on one line; it must end with that code and say it in a sentence."""
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    output = " ".join((result.output + result.stderr).split())
    assert result.exit_code == code, f"{result.exit_code}: {output} {result.exception!r}"
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in output
    return output


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "run"
    place.mkdir(mode=0o700)
    return place


def state(directory: Path, **changed: object) -> None:
    (directory / "state.json").write_text(json.dumps({**STATE, **changed}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is not JSON (line 1"),
        (BINARY, "is not a text file"),
        (b"[]", "holds something else"),
        (b'{"version": 1}', "'accounts': ['Missing data"),
        (json.dumps({**STATE, "processes": "many"}).encode(), "'processes': ['Must be one of"),
        (json.dumps({**STATE, "accounts": [{"id": "W"}]}).encode(), "holds something else"),
        (json.dumps({**STATE, "version": 99}).encode(), "was made by another version of Interdesk"),
    ],
)
@pytest.mark.parametrize("command", [("status",), ("down",), ("up",), ("trust", "list"), ("demo",)])
def test_a_state_that_cannot_be_used_is_named(
    directory: Path, content: bytes, said: str, command: tuple[str, ...]
) -> None:
    (directory / "state.json").write_bytes(content)
    output = told(FAILED, *command, "--directory", directory)
    assert said in output
    assert str(directory) in output
    assert (directory / "state.json").read_bytes() == content, "what is there is not overwritten"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("processes.json", b"nonsense"),
        ("processes.json", b'{"widget": {"name": "widget", "pid": 1, "started": "", "log": ""}}'),
        ("brokers/shared/node.json", b'{"name": "one"}'),
        ("database/server.json", b"[1]"),
        ("accounts/widget/known.json", b'{"ports": {"gateway": "http"}, "broker_password": "x"}'),
    ],
)
def test_any_file_of_the_run_directory_is_named(directory: Path, file: str, content: bytes) -> None:
    state(directory)
    path = directory / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert str(path) in told(FAILED, "status", "--directory", directory)


def test_the_doctor_finds_a_broken_state_and_goes_on(directory: Path) -> None:
    state(directory, version=2)
    output = told(FAILED, "doctor", "--directory", directory, "--json")
    assert "another version" in output
    assert "disk" in output


def test_a_directory_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(ACCOUNT)
    for name in ("none", "file"):
        assert "no deployment" in told(NOTHING_HERE, "status", "--directory", tmp_path / name)
    output = told(FAILED, "up", "--accounts", tmp_path / "file", "--directory", tmp_path / "file")
    assert f"File exists: '{tmp_path / 'file'}'" in output


def test_without_the_administrators_token_it_is_named(directory: Path) -> None:
    state(directory)
    assert "administrator's token can't be read" in told(FAILED, "trust", "list", "--directory", directory)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.write_bytes(BINARY), "is not a text file"),
        (lambda path: path.write_text(""), "an access token and nothing else"),
        (lambda path: path.write_text("two\nlines of a token"), "an access token and nothing else"),
        (lambda path: path.write_text("ÿ" * 43), "an access token and nothing else"),
    ],
)
def test_a_token_file_without_a_token_is_told(
    tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    write(tmp_path / "token")
    arguments = ("deliveries", "--url", "http://127.0.0.1:1", "--token-file", tmp_path / "token")
    output = told(WRONG_USE, *arguments)
    assert said in output
    assert str(tmp_path / "token") in output


def test_a_url_that_is_none_and_one_where_nobody_answers(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t" * 43)
    arguments = ("deliveries", "--token-file", tmp_path / "token", "--url")
    assert "--url is the gateway's" in told(WRONG_USE, *arguments, "desk.example")
    assert "does not answer" in told(REFUSED, *arguments, "http://127.0.0.1:1")


@pytest.mark.parametrize("content", [None, BINARY])
def test_an_invitation_that_cannot_be_read_is_told(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "invitation").write_bytes(content)
    assert "the invitation can't be read" in told(WRONG_USE, "trust", "accept", tmp_path / "invitation")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (BINARY, "can't decode"),
        (b"[[accounts", "Expected"),
        (b"", "'accounts': ['Missing data"),
        (ACCOUNT.encode() + b"color = 1\n", "'color': ['Unknown field"),
        (ACCOUNT.encode() + b'[accounts.environ]\nINTERDESK_COLOR = "1"\n', "INTERDESK_COLOR"),
        (ACCOUNT.encode() * 2, "listed more than once: widget"),
    ],
)
def test_a_list_of_accounts_that_is_none_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "accounts.toml"
    if content is not None:
        file.write_bytes(content)
    output = told(WRONG_USE, "up", "--accounts", file, "--directory", tmp_path / "run")
    assert said in output
    assert not (tmp_path / "run").exists()


def test_a_log_that_was_cut_or_damaged_is_told(tmp_path: Path) -> None:
    whole = gzip.compress(SMALL_LOG.read_bytes())
    damaged = bytearray(whole)
    damaged[40:60] = bytes(20)
    for name, content in (("cut", whole[:200]), ("damaged", bytes(damaged)), ("binary", BINARY)):
        (tmp_path / name).write_bytes(content)
        assert str(tmp_path / name) in told(WRONG_USE, "replay", tmp_path / name)
    assert "can't be read" in told(WRONG_USE, "replay", tmp_path)


def test_a_service_with_a_broken_environment_file_does_not_start(tmp_path: Path) -> None:
    cases = {
        "missing": None,
        "binary": BINARY,
        "no-pairs": b"no equals sign\n",
        "color": b"INTERDESK_COLOR=red\n",
    }
    started = {}
    for name, content in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        command = [sys.executable, "-m", "interdesk.serve", "--env-file", str(tmp_path / name)]
        started[name] = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for name, process in started.items():
        _, said = process.communicate(timeout=60)
        assert process.returncode == WRONG_USE
        assert (str(tmp_path / name) if name != "color" else "INTERDESK_COLOR") in said
        assert "Traceback" not in said


def test_what_a_deployment_is_made_of_comes_back_as_it_was(directory: Path) -> None:
    state(directory)
    assert sorted(LocalDeployment.open(directory).accounts) == ["widget"]
    state(directory, version=2)
    with pytest.raises(OtherVersion):
        LocalDeployment.open(directory)
    (directory / "state.json").write_text("")
    with pytest.raises(FileBroken):
        LocalDeployment.open(directory)
