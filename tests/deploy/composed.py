"""An account of docker-compose.yml without containers: its secrets, its environment, what prepares for it and
the commands of its images, on a broker and a database of ours.
"""

from __future__ import annotations

import datetime
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import deepcopy
from pathlib import Path

import requests

from interdesk.containers.compose_secrets import write_compose_secrets
from interdesk.database_users import database_name
from interdesk.local.broker import Broker
from interdesk.local.database import Database
from interdesk.local.environment import without_ours
from interdesk.local.ports import free_ports
from interdesk.local.processes import Process, spawn
from interdesk.services import SERVICES, STORING
from tests.deploy.conftest import ROOT, Document
from tests.deploy.test_compose import of_account, secrets_of
from tests.waiting import wait_until

ACCOUNT = "widget"
MONGODB = "mongodb:27017/?replicaSet=interdesk&authSource=admin"
SECRETS = "deploy/compose/secrets/"


class Composed:
    """What docker-compose.yml says of an account, with its hosts and paths put on this machine: secrets in
    `here`. `python`: what its images run, with what stands before it; in `directory`.
    """

    def __init__(
        self,
        compose: Document,
        stages: Mapping[str, str],
        here: Path,
        hosts: Mapping[str, str],
        *,
        python: Sequence[str] = (sys.executable,),
        directory: Path = ROOT,
    ) -> None:
        self.python, self.directory = python, directory
        self.services = deepcopy(of_account(compose, ACCOUNT))
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        self._stages = stages
        self._files = {
            name: here / secret["file"].removeprefix(SECRETS) for name, secret in compose["secrets"].items()
        }
        self._hosts = {**hosts, "/var/lib/interdesk": str(here / "state")}
        for file in here.rglob("*"):
            if file.is_file() and file.suffix != ".pem":
                file.write_text(self._here(file.read_text()))

    def environ(self, name: str) -> dict[str, str]:
        """Of one service, as its container would have it."""
        service = self.services[name]
        places = {path: str(self._files[source]) for source, path in secrets_of(service)}
        image = re.findall(r"ENV (INTERDESK_\w+)=(\S+)", self._stages.get(name, ""))
        listens = {variable: f"127.0.0.1:{self.ports[name]}" for variable, _ in image}
        given = {
            variable: places.get(value, self._here(value))
            for variable, value in service["environment"].items()
        }
        return without_ours(os.environ) | listens | given

    def command(self, name: str) -> list[str]:
        """What its image runs."""
        (cmd,) = re.findall(r"CMD \[(.*)\]\n", self._stages[name])[-1:]
        return [*self.python, "-m", "interdesk.serve", *shlex.split(cmd.replace(",", " "))]

    def prepare(self) -> subprocess.CompletedProcess[str]:
        service = self.services["prepare"]
        places = {path: str(self._files[source]) for source, path in secrets_of(service)}
        arguments = [places.get(word, word) for word in service["command"]]
        return subprocess.run(
            [*self.python, "-m", "interdesk.cli", *arguments],
            env=self.environ("prepare"), cwd=self.directory, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def url(self, name: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def _here(self, text: str) -> str:
        for there, here in self._hosts.items():
            text = text.replace(there, here)
        return text


def hosts_on(here: Path, broker: Broker, database: Database) -> dict[str, str]:
    """By what stands in the compose file and its secrets, where it is on this machine. Writes the secrets."""
    write_compose_secrets(here, datetime.datetime.now(datetime.UTC))
    broker_password = (here / "rabbitmq-password").read_text()
    database_password = (here / "mongodb-password").read_text()
    admin = f"mongodb://admin:{database_password}@{MONGODB}"
    return {
        f"http://admin:{broker_password}@rabbitmq:15672": broker.admin_uri,
        "rabbitmq:5672": f"127.0.0.1:{broker.ports['amqp']}",
        admin: database.uri(),
        f"mongodb://{MONGODB}": database.uri_without_login,
    }


def forget(database: Database) -> None:
    with database.administrator() as client:
        for service in STORING:
            client.drop_database(database_name(ACCOUNT, service))


def comes_up_and_goes_down(composed: Composed, token: str, logs: Path) -> None:
    """And invites a partner meanwhile. `token`: the first administrator's."""
    for _ in range(2):  # at every deployment
        prepared = composed.prepare()
        assert prepared.returncode == 0, prepared.stderr
    with ExitStack() as running:
        processes: dict[str, Process] = {}
        for name in SERVICES:
            process = spawn(
                name, composed.command(name), log=logs / f"{name}.log", environ=composed.environ(name),
                directory=composed.directory,
            )  # fmt: skip
            running.callback(process.kill)
            processes[name] = process

        def ready(name: str) -> bool:
            assert processes[name].alive, processes[name].last_lines()
            try:
                return requests.get(composed.url(name, "/readyz"), timeout=5).ok
            except requests.ConnectionError:
                return False

        wait_until(lambda: all(ready(name) for name in SERVICES))
        with requests.Session() as administrator:
            administrator.headers["Authorization"] = f"Bearer {token}"
            found = administrator.get(composed.url("gateway", "/v1/account"), timeout=10)
            assert (found.status_code, found.json()["name"]) == (200, "Widget Data Center")
            invited = administrator.post(
                composed.url("gateway", "/v1/trusts/invite"), json={"account_id": "gigatera"}, timeout=20
            )
            assert invited.status_code == 201, invited.text
        for process in processes.values():
            process.signal(signal.SIGTERM)
        ended = {name: process.child.wait(40) for name, process in processes.items()}
    assert ended == dict.fromkeys(SERVICES, 0)
