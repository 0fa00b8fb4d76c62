"""The service processes of a run directory: which there are, how each is started, which of them run.

A *host* is one process. It runs one service of one account (`widget/requests`, as Kubernetes does), all
services of an account (`widget`), or everything (`everything`). All hosts run `interdesk.serve` on the
accounts' environment files. What runs is kept in `processes.json`, written at each start and end, so that
another command finds it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from marshmallow import fields

from interdesk.files import read_json, write_json
from interdesk.local.environment import without_ours
from interdesk.local.processes import Process, ProcessSchema, spawn, stop_all
from interdesk.services import DRAIN_SECONDS, SERVICES

Mode = Literal["service", "account", "one"]


@dataclass(frozen=True)
class Host:
    """One process: the services it runs of the accounts it serves."""

    name: str
    accounts: tuple[str, ...]
    services: tuple[str, ...]


def hosts_of(accounts: Sequence[str], mode: Mode) -> list[Host]:
    """The processes that a mode makes of these accounts."""
    if mode == "one":
        return [Host("everything", tuple(accounts), SERVICES)]
    if mode == "account":
        return [Host(account, (account,), SERVICES) for account in accounts]
    return [
        Host(f"{account}/{service}", (account,), (service,)) for account in accounts for service in SERVICES
    ]


_PROCESSES = fields.Dict(keys=fields.String(), values=fields.Nested(ProcessSchema))


class Hosting:
    """Starts and ends the hosts of one run directory."""

    def __init__(self, directory: Path, hosts: Iterable[Host], *, dies_with_parent: bool) -> None:
        self._directory = directory
        self._file = directory / "processes.json"
        self._dies_with_parent = dies_with_parent
        self.hosts = {host.name: host for host in hosts}
        self._processes = {
            name: Process.from_document(document)
            for name, document in (read_json(self._file, _PROCESSES) or {}).items()
        }

    @property
    def processes(self) -> dict[str, Process]:
        """By host, those that were started and not ended by us; they may have died."""
        return dict(self._processes)

    def host_of(self, account: str, service: str) -> Host:
        """The host that runs this service of this account."""
        return next(
            host for host in self.hosts.values() if account in host.accounts and service in host.services
        )

    def alive(self, host: Host) -> bool:
        return host.name in self._processes and self._processes[host.name].alive

    def start(self, host: Host, settings: Mapping[str, str] | None = None) -> Process:
        """Starts the host unless it runs. `settings` override its accounts' environment this time."""
        if self.alive(host):
            return self._processes[host.name]
        command: list[str | Path] = [sys.executable, "-m", "interdesk.serve"]
        command += ["--drain-seconds", f"{DRAIN_SECONDS:g}"]
        for account in host.accounts:
            command += ["--env-file", self._directory / "accounts" / account / "env"]
        for service in host.services:
            command += ["--service", service]
        for name, value in (settings or {}).items():
            command += ["--set", f"{name}={value}"]
        self._processes[host.name] = spawn(
            host.name,
            command,
            log=self._directory / "logs" / f"{host.name.replace('/', '.')}.log",
            environ=without_ours(os.environ) | {"PYTHONUNBUFFERED": "1"},
            dies_with_parent=self._dies_with_parent,
        )
        self._save()
        return self._processes[host.name]

    def stop(self, hosts: Iterable[Host]) -> list[Process]:
        """Ends them in order, all at the same time. Gives those that had to be killed."""
        ended = [self._processes[host.name] for host in hosts if host.name in self._processes]
        killed = stop_all(ended, DRAIN_SECONDS + 5)
        self._forget(ended)
        return killed

    def kill(self, hosts: Iterable[Host]) -> None:
        """SIGKILL: a crash."""
        ended = [self._processes[host.name] for host in hosts if host.name in self._processes]
        for process in ended:
            process.kill()
        self._forget(ended)

    def _forget(self, ended: list[Process]) -> None:
        gone = {process.name for process in ended}
        self._processes = {name: process for name, process in self._processes.items() if name not in gone}
        self._save()

    def _save(self) -> None:
        write_json(self._file, {name: process.to_document() for name, process in self._processes.items()})
