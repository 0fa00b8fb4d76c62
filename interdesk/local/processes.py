"""Processes that the runner starts, finds again and ends, and never anybody else's.

A process is remembered by its pid *and* the moment it started (from the kernel, with the machine's boot), so
that a pid that the system has given to somebody else meanwhile is never signalled. The record is plain data:
one command starts (`interdesk up --detach`), another, later, ends (`interdesk down`).

Each process gets a session of its own (Ctrl-C in the terminal reaches only the command, which then ends its
children in order), no standard input, and a log file that both its outputs are appended to.

With `dies_with_parent` the kernel kills the process when the thread that started it ends, however it ends: so
that a killed test run leaves nothing behind. Start such processes from the main thread. (Linux; elsewhere
without effect.)
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow import Schema, fields, validate

from interdesk.waiting import holds_within

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class StartFailed(Exception):
    """A process ended, or was not ready in time. The text ends with the last lines of its log."""


class ProcessSchema(Schema):
    """A process, as the files of the run directory remember it."""

    name = fields.String(required=True)
    pid = fields.Integer(required=True, strict=True, validate=validate.Range(min=2))
    started = fields.String(required=True)
    log = fields.String(required=True)


@dataclass(frozen=True)
class Process:
    """One process: its name for people, its pid, the moment it started, its log file."""

    name: str
    pid: int
    started: str
    log: Path
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False, repr=False)

    @property
    def alive(self) -> bool:
        """Is it still this very process, and no zombie?"""
        if self.child is not None and self.child.poll() is not None:
            return False
        return _moment_of_start(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Sends a signal if the process is alive; else nothing happens."""
        if self.alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return

    def wait(self, deadline_seconds: float) -> bool:
        """True when the process has ended within the time."""
        return holds_within(lambda: not self.alive, deadline_seconds)

    def kill(self, deadline_seconds: float = 10) -> None:
        """SIGKILL, and waits until the kernel has taken it."""
        self.signal(signal.SIGKILL)
        if not self.wait(deadline_seconds):
            raise TimeoutError(f"{self.name} (pid {self.pid}) is still there after SIGKILL")

    def stop(self, deadline_seconds: float = 20) -> bool:
        """SIGTERM, and SIGKILL when the time is over. True when SIGTERM was enough."""
        self.signal(signal.SIGTERM)
        if self.wait(deadline_seconds):
            return True
        self.kill()
        return False

    def last_lines(self, count: int = 20) -> str:
        """The end of its log, for a person to read."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])
        except OSError:
            return ""

    def wait_ready(
        self, ready: Callable[[], bool], deadline_seconds: float, more: Callable[[], str] = lambda: ""
    ) -> None:
        """Waits until `ready()`. Raises StartFailed when the process ends first or the time is over.

        `more` says what else is known then.
        """
        if holds_within(lambda: not self.alive or ready(), deadline_seconds) and self.alive:
            return
        what = f"was not ready after {deadline_seconds:g} s" if self.alive else "ended while starting"
        raise StartFailed(f"{self.name} {what}{more()}. The end of {self.log}:\n{self.last_lines()}")

    def to_document(self) -> dict[str, Any]:
        return {"name": self.name, "pid": self.pid, "started": self.started, "log": str(self.log)}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> Process:
        return Process(document["name"], document["pid"], document["started"], Path(document["log"]))


def spawn(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path,
    environ: Mapping[str, str] | None = None,
    directory: Path | None = None,
    dies_with_parent: bool = False,
) -> Process:
    """Starts a command.

    `environ` is its whole environment (None: ours). Raises StartFailed when it can't be run.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environ is None else dict(environ),
                cwd=directory,
                start_new_session=True,
                preexec_fn=_die_with_parent if dies_with_parent and _LIBC else None,
            )
        except OSError as problem:
            raise StartFailed(f"{name} can't be started: {problem}") from problem
    started = _moment_of_start(child.pid)
    if started is None:
        child.wait()
        started = "ended at once"
    return Process(name, child.pid, started, log, child)


def stop_all(processes: Sequence[Process], deadline_seconds: float = 20) -> list[Process]:
    """Asks all to end at the same time, then waits for each. Gives those that had to be killed."""
    for process in processes:
        process.signal(signal.SIGTERM)
    holds_within(lambda: not any(process.alive for process in processes), deadline_seconds)
    killed = [process for process in processes if process.alive]
    for process in killed:
        process.kill()
    return killed


def _die_with_parent() -> None:
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _moment_of_start(pid: int) -> str | None:
    """When the process with this pid started; None when there is none, or only a zombie."""
    if not Path("/proc/self/stat").exists():
        return _moment_of_start_by_ps(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The name in parentheses may itself hold spaces and parentheses; the fields after it are plain.
    state, *fields = stat.rpartition(")")[2].split()
    if state in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}/{fields[18]}"


def _moment_of_start_by_ps(pid: int) -> str | None:
    run = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = run.stdout.strip().partition(" ")
    return started.strip() if started and not state.startswith("Z") else None
