"""A local deployment as a person runs it: by the command, from another command, until nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from interdesk.local.accounts import AccountSpec
from interdesk.local.deployment import InUse, LocalDeployment, NothingHere
from interdesk.local.environment import without_ours
from interdesk.local.processes import Process
from interdesk.services import SERVICES
from tests.waiting import wait_until

ACCOUNTS = """
[[accounts]]
id = "widget"
name = "Widget Data Center"
domain = "widget.example"
"""
WIDGET = AccountSpec("widget", "Widget Data Center", "widget.example")
COMMAND = str(Path(sys.executable).with_name("interdesk"))


def interdesk(*arguments: str | Path, code: int = 0) -> str:
    """Runs the command; gives its standard output."""
    run = subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env=without_ours(os.environ),
    )
    assert run.returncode == code, f"{run.stdout}\n{run.stderr}"
    return run.stdout


def status(directory: Path, code: int = 0) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(interdesk("status", "--json", "-d", directory, code=code))
    return answer


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Path]:
    """A run directory where `interdesk up --detach` has brought one account up, one process per account."""
    (tmp_path / "accounts.toml").write_text(ACCOUNTS)
    directory = tmp_path / "run"
    try:
        interdesk(
            "up",
            "--accounts",
            tmp_path / "accounts.toml",
            "-d",
            directory,
            "--detach",
            "--processes",
            "account",
        )
        yield directory
    finally:
        interdesk("down", "-d", directory)


def running(directory: Path) -> dict[str, Process]:
    return LocalDeployment.open(directory).processes


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_detached_deployment_is_found_administered_and_brought_down_by_other_commands(up: Path) -> None:
    shown = status(up)
    assert shown["ready"] is True
    assert {row["service"] for row in shown["services"]} == set(SERVICES)
    for service in shown["services"]:
        for page in ("healthz", "readyz", "metrics"):
            assert requests.get(f"http://{service['address']}/{page}", timeout=10).status_code == 200

    assert json.loads(interdesk("account", "show", "--json", "-d", up))["id"] == "widget"
    assert json.loads(interdesk("trust", "list", "--json", "-d", up)) == []
    assert json.loads(interdesk("parked", "list", "--json", "-d", up)) == []
    assert json.loads(interdesk("deliveries", "--json", "-d", up)) == []
    assert all(row["well"] for row in json.loads(interdesk("doctor", "--json", "-d", up)))

    # What dies is seen, and `up` starts it again.
    processes = running(up)
    os.kill(processes["widget"].pid, signal.SIGKILL)
    wait_until(lambda: not processes["widget"].alive)
    assert status(up, code=1)["ready"] is False
    interdesk("up", "-d", up, "--detach")
    assert status(up)["ready"] is True
    processes |= running(up)

    interdesk("down", "-d", up)
    assert [name for name, process in processes.items() if process.alive] == []
    assert running(up) == {}
    assert status(up, code=1)["ready"] is False


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_up_in_the_foreground_starts_again_what_dies_and_ends_everything_on_ctrl_c(tmp_path: Path) -> None:
    file, directory, said = tmp_path / "accounts.toml", tmp_path / "run", tmp_path / "said"
    file.write_text(ACCOUNTS)
    command = [COMMAND, "up", "--accounts", str(file), "-d", str(directory), "--processes", "one"]
    with (
        said.open("w") as output,
        subprocess.Popen(command, stderr=output, env=without_ours(os.environ)) as up,
    ):
        try:
            wait_until(lambda: "Ctrl-C stops it" in said.read_text(), 150)
            first = running(directory)["everything"]
            os.kill(first.pid, signal.SIGKILL)
            wait_until(lambda: running(directory)["everything"].pid != first.pid)
            widget = LocalDeployment.open(directory).accounts["widget"]
            wait_until(lambda: all(widget.problem(service) is None for service in SERVICES))
            processes = running(directory)
            up.send_signal(signal.SIGINT)
            assert up.wait(60) == 0
            assert [name for name, process in processes.items() if process.alive] == []
        finally:
            up.kill()


@pytest.mark.slow
def test_other_accounts_are_not_brought_up_over_a_running_deployment(up: Path) -> None:
    other = LocalDeployment(up, [AccountSpec("gigatera", "GigaTera", "gigatera.example")])
    with pytest.raises(InUse, match="interdesk down"):
        other.up()


def test_a_command_without_a_deployment_says_so(tmp_path: Path) -> None:
    with pytest.raises(NothingHere):
        LocalDeployment.open(tmp_path)
    interdesk("status", "-d", tmp_path, code=3)
    interdesk("down", "-d", tmp_path, code=0)


def test_wrong_use_is_told_with_a_code_of_its_own(tmp_path: Path) -> None:
    interdesk("up", "-d", tmp_path / "run", code=2)
    interdesk("up", "--accounts", tmp_path / "absent.toml", code=2)
    interdesk("up", "--processes", "many", code=2)
    interdesk("trust", "list", "--url", "http://127.0.0.1:1", code=2)


def test_an_api_that_does_not_answer_is_told_with_a_code_of_its_own(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("interdesk_" + "a" * 40 + "\n")
    interdesk("trust", "list", "--url", "http://127.0.0.1:1", "--token-file", token, code=4)


def test_secrets_of_the_run_directory_are_their_owners_only(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    deployment = LocalDeployment(
        directory, [WIDGET], amqp_uri="amqp://guest@127.0.0.1/widget", mongo_uri="mongodb://127.0.0.1"
    )
    deployment.accounts["widget"].prepare(None, None, {"AMQP_URI": "amqp://x", "MONGO_URI": "mongodb://x"})
    assert directory.stat().st_mode & 0o077 == 0
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"env", "secret", "token", "known.json"}
    assert [path for path in files if path.stat().st_mode & 0o077] == []
