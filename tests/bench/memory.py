"""Memory of processes: resident set, as the kernel counts it."""

from __future__ import annotations

from pathlib import Path

from interdesk.local.local_account import LocalAccount


def megabytes(account: LocalAccount) -> float:
    """Of all its processes together. What they share is counted in each."""
    pids = {process.pid for process in account.processes.values()}
    return sum(_resident_kilobytes(pid) for pid in pids) / 1024


def most_megabytes() -> float:
    """The most that this process has had."""
    return _kilobytes("self", "VmHWM") / 1024


def _resident_kilobytes(pid: int) -> int:
    return _kilobytes(str(pid), "VmRSS")


def _kilobytes(process: str, what: str) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1])
    raise LookupError(f"process {process} has no memory")
