"""`interdesk up`, `down`, `status`: the local deployment as a whole."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn, cast

import typer

from interdesk.commands.options import DEFAULT_DIRECTORY, Directory, Json, OnBroker, broker_kind
from interdesk.commands.output import FAILED, say, show, show_json, warn
from interdesk.local.accounts import account_from_environment, read_accounts
from interdesk.local.deployment import InUse, LocalDeployment, NothingHere
from interdesk.local.hosting import Mode
from interdesk.local.processes import StartFailed
from interdesk.services import SERVICES

_WATCH_SECONDS = 1.0
_REVIVE_PAUSE_SECONDS = 5.0
_MODES = ("service", "account", "one")


def up(
    accounts: Annotated[
        Path | None, typer.Option("--accounts", help="TOML file that lists the accounts to run.")
    ] = None,
    directory: Directory = DEFAULT_DIRECTORY,
    detach: Annotated[bool, typer.Option("--detach", help="Return when all is ready.")] = False,
    processes: Annotated[
        str, typer.Option("--processes", help="One process per service, per account, or one for all.")
    ] = "service",
    broker: OnBroker = None,
) -> None:
    """Start broker, database and services, and stay until Ctrl-C.

    Without --accounts: those that were up in the run directory before, else the one account that the
    environment describes (INTERDESK_ACCOUNT and the others; AMQP_URI and MONGO_URI name servers to use
    instead of own ones).
    """
    if processes not in _MODES:
        raise typer.BadParameter(f"must be one of {', '.join(_MODES)}", param_hint="--processes")
    # From here on Ctrl-C ends what was started, also while it starts.
    signal.signal(signal.SIGTERM, interrupt)
    deployment = _chosen(accounts, directory, cast(Mode, processes), broker, detach)
    if deployment.brokers and deployment.broker_kind == "embedded":
        warn("on the embedded bus, for trying out; its crash loses events. For real work install RabbitMQ")
    try:
        deployment.up(say)
        _list(deployment)
        if not detach:
            say("Ctrl-C stops it.")
            watch(deployment)
    except KeyboardInterrupt:
        stop(directory)
    except StartFailed:
        stop(directory)
        raise


def down(directory: Directory = DEFAULT_DIRECTORY) -> None:
    """Stop everything that runs in the run directory; the data stays."""
    stop(directory)


def status(directory: Directory = DEFAULT_DIRECTORY, as_json: Json = False) -> None:
    """Show what runs and what is ready. Exit code 1 when something is not."""
    deployment = LocalDeployment.open(directory)
    servers = [
        {"process": name, "pid": process.pid, "running": process.alive, "log": str(process.log)}
        for name, process in deployment.processes.items()
    ]
    services = [
        _service(deployment, account, service) for account in deployment.accounts for service in SERVICES
    ]
    well = all(row["running"] for row in servers) and all(row["ready"] for row in services)
    if as_json:
        urls = {account.id: account.url for account in deployment.accounts.values()}
        show_json({"ready": well, "accounts": urls, "services": services, "processes": servers})
    else:
        show(services, ("account", "service", "address", "ready", "problem"), as_json=False)
        typer.echo()
        show(servers, ("process", "pid", "running", "log"), as_json=False)
    if not well:
        raise typer.Exit(FAILED)


def _chosen(
    accounts: Path | None, directory: Path, mode: Mode, broker: str | None, detach: bool
) -> LocalDeployment:
    if accounts is None:
        try:
            return LocalDeployment.open(directory, dies_with_parent=not detach)
        except NothingHere:
            specs = [account_from_environment(os.environ)]
    else:
        specs = read_accounts(accounts)
    return LocalDeployment(
        directory,
        specs,
        processes=mode,
        broker=broker_kind(broker, directory),
        dies_with_parent=not detach,
        amqp_uri=os.environ.get("AMQP_URI") or None,
        mongo_uri=os.environ.get("MONGO_URI") or None,
    )


def stop(directory: Path) -> None:
    """Stops what is there now, whoever started it: while we watched, another command may have."""
    try:
        deployment = LocalDeployment.open(directory)
    except NothingHere:
        say(f"nothing runs in {directory}")
        return
    for process in deployment.down(say):
        warn(f"{process.name} did not end by itself and was killed; see {process.log}")


def _service(deployment: LocalDeployment, account: str, service: str) -> dict[str, Any]:
    one = deployment.accounts[account]
    problem = one.problem(service)
    return {
        "account": account,
        "service": service,
        "address": one.addresses[service],
        "ready": problem is None,
        "problem": problem,
    }


def _list(deployment: LocalDeployment) -> None:
    rows = [
        {
            "account": account.id,
            "API": f"{account.url}/v1",
            "administrator's token": account.directory / "token",
        }
        for account in deployment.accounts.values()
    ]
    show(rows, ("account", "API", "administrator's token"), as_json=False)


def watch(deployment: LocalDeployment) -> None:
    """Starts again what dies; returns when another command has brought the deployment down."""
    while True:
        time.sleep(_WATCH_SECONDS)
        # What is there now: another command may have stopped it meanwhile.
        found = LocalDeployment.open(deployment.directory, dies_with_parent=True)
        if not found.processes:
            say("brought down by another command")
            return
        dead = [process.name for process in found.processes.values() if not process.alive]
        if dead:
            warn(f"died: {', '.join(dead)}; starting again")
            try:
                found.up(say)
            except InUse:
                continue
            except StartFailed as problem:
                warn(str(problem))
                time.sleep(_REVIVE_PAUSE_SECONDS)


def interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """For a signal that ends the command: as Ctrl-C."""
    raise KeyboardInterrupt
