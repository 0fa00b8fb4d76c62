"""Processes of the runner:

ended in order, found again by another command, never mistaken for somebody else's.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from interdesk.local.processes import Process, StartFailed, spawn, stop_all
from tests.waiting import wait_until

READY = "import sys, time; print('ready', flush=True); "
WAIT = READY + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT


def python(code: str, log: Path, **options: bool) -> Process:
    process = spawn("child", [sys.executable, "-c", code], log=log, **options)  # type: ignore[arg-type]
    process.wait_ready(lambda: "ready" in log.read_text(), 10)
    return process


def test_a_process_ends_on_sigterm(tmp_path: Path) -> None:
    process = python(WAIT, tmp_path / "log")
    assert process.stop(10) is True
    assert not process.alive


def test_a_process_that_ignores_sigterm_is_killed_when_the_time_is_over(tmp_path: Path) -> None:
    obedient, stubborn = python(WAIT, tmp_path / "a"), python(STUBBORN, tmp_path / "b")
    assert stop_all([obedient, stubborn], deadline_seconds=0.3) == [stubborn]
    assert not obedient.alive
    assert not stubborn.alive


def test_a_recorded_process_is_found_again_and_ended(tmp_path: Path) -> None:
    process = python(WAIT, tmp_path / "log")
    found = Process.from_document(process.to_document())
    assert found == process
    assert found.alive
    found.stop(10)
    assert not process.alive


def test_a_recycled_pid_is_never_signalled(tmp_path: Path) -> None:
    process = python(WAIT, tmp_path / "log")
    somebody_else = dataclasses.replace(process, started="another moment", child=None)
    assert not somebody_else.alive
    somebody_else.kill()
    assert process.alive
    process.kill()


def test_a_zombie_counts_as_ended(tmp_path: Path) -> None:
    process = spawn("child", [sys.executable, "-c", "pass"], log=tmp_path / "log")
    seen_from_elsewhere = dataclasses.replace(process, child=None)
    wait_until(lambda: not seen_from_elsewhere.alive)
    process.wait(5)


def test_a_process_that_ends_while_starting_is_reported_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = spawn("child", [sys.executable, "-c", "print('no such port')"], log=log)
    with pytest.raises(StartFailed, match=r"(?s)ended while starting.*no such port"):
        process.wait_ready(lambda: False, 10)


def test_a_command_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match="can't be started"):
        spawn("child", [tmp_path / "absent"], log=tmp_path / "log")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_process_may_be_bound_to_its_parents_life(tmp_path: Path) -> None:
    record = tmp_path / "record"
    code = f"""
import time
from pathlib import Path
from interdesk.local.processes import spawn
child = spawn("grandchild", ["sleep", "60"], log=Path({str(tmp_path / "log")!r}), dies_with_parent=True)
Path({str(record)!r}).write_text(f"{{child.pid}} {{child.started}}")
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        pid, _, started = wait_until(lambda: record.read_text() if record.exists() else None).partition(" ")
        grandchild = Process("grandchild", int(pid), started, tmp_path / "log")
        assert grandchild.alive
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(lambda: not grandchild.alive)
