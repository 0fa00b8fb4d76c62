"""One run: two accounts up, measured, and gone."""

from __future__ import annotations

import os
import platform
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo

from interdesk.database_users import database_name
from interdesk.local.accounts import AccountSpec
from interdesk.local.database import Database
from interdesk.local.deployment import LocalDeployment
from interdesk.local.hosting import Mode
from interdesk.local.local_account import LocalAccount
from interdesk.replay.lines import Needs, set_up
from interdesk.services import SERVICES, STORING
from interdesk.vhosts import ensure_vhosts
from tests.bench import (
    api,
    bare,
    clocks,
    handovers,
    memory,
    organizations,
    rebuilding,
    reports,
    transfers,
    working_time,
)
from tests.bench import sizing as processes
from tests.bench.counts import Counts, counted
from tests.bench.database_server import Server, database_server
from tests.bench.figures import Figure, Report
from tests.bench.sizes import Sizes
from tests.bench.subject import Subject

Say = Callable[[str], None]

_VHOST = "bench"
_ENVIRON = {
    "INTERDESK_RATE_LIMIT_PER_HOUR": "1000000000",
    "INTERDESK_RATE_LIMIT_BURST": "1000000000",
    "INTERDESK_LOG_LEVEL": "warning",
}


def bench(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """All figures. Raises what starting and calling raise."""
    with _two_accounts(directory, durable) as (server, specs):
        with _up(directory / "accounts", specs, "account", server, durable) as deployment:
            figures = measured(_subject(deployment, server), sizes, say)
        say(f"memory, one process per service ({len(SERVICES)})")
        with _up(directory / "accounts", specs, "service", server, durable) as deployment:
            figures.append(_memory_of_many(deployment.accounts[specs[0].id]))
    return Report(_ran_on(server), figures)


def sizing(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what machines are sized by, one process per service. Raises what starting and calling raise."""
    with (
        _two_accounts(directory, durable) as (server, specs),
        _up(directory / "accounts", specs, "service", server, durable) as deployment,
    ):
        subject = _subject(deployment, server)
        say(f"idle, then {sizes.cycles} hand-over cycles, then partners")
        found = processes.figures(subject, deployment.broker_of(specs[0].id), sizes)
    return Report(_ran_on(server), found)


def clocks_alone(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what clocks cost: a database server is all that it takes. Raises what starting raises."""
    with _server_alone(directory, durable) as (server, uri):
        say("what falls due among running clocks")
        figures = clocks.falling_due(uri, sizes)
    return Report(_ran_on(server), [*working_time.figures(), *clocks.figures(), *figures])


def organizations_alone(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what All Organizations costs: a database server is enough. Raises what starting raises."""
    with _server_alone(directory, durable) as (server, uri):
        say(f"All Organizations, {sizes.organizations:,}")
        return Report(_ran_on(server), organizations.pages(uri, sizes))


def reporting_alone(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what reports cost: a database server is all that it takes. Raises what starting raises."""
    with _server_alone(directory, durable) as (server, uri):
        return Report(_ran_on(server), reports.dashboards(uri, sizes, say))


def transfers_alone(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what imports and exports cost. Raises what starting and calling raise."""
    with (
        _two_accounts(directory, durable) as (server, specs),
        _up(directory / "accounts", specs, "account", server, durable) as deployment,
    ):
        subject = _subject(deployment, server)
        say(f"an import and an export of {sizes.transferred:,}")
        return Report(_ran_on(server), transfers.transfers(subject, sizes, say))


def rebuilding_alone(directory: Path, sizes: Sizes, durable: bool, say: Say) -> Report:
    """Only what a rebuild of reports costs. Raises what starting and calling raise."""
    with (
        _two_accounts(directory, durable) as (server, specs),
        _up(directory / "accounts", specs, "account", server, durable) as deployment,
    ):
        subject = _subject(deployment, server)
        say(f"a rebuild among {sizes.rebuilt:,} requests")
        return Report(_ran_on(server), rebuilding.rebuilding(subject, sizes, say))


def measured(subject: Subject, sizes: Sizes, say: Say) -> list[Figure]:
    """All figures of two accounts that run as one process each."""
    say("idle")
    time.sleep(sizes.settle_seconds)  # what setting up has left behind is no idling
    idle = _idle(subject, sizes.idle_seconds)
    figures: list[Figure] = []
    with handovers.listening(subject) as playing:
        say(f"{sizes.cycles} hand-over cycles")
        figures += handovers.cycles(subject, playing, sizes, idle)
        say(f"{sizes.returns} returns")
        figures += handovers.returns(subject, playing, sizes)
    say(f"the API over {sizes.requests} requests")
    figures += api.rates(subject, sizes)
    say("what falls due among running clocks")
    falling_due = clocks.falling_due(subject.mongo_uri, sizes)
    say(f"All Organizations, {sizes.organizations:,}")
    directory = organizations.pages(subject.mongo_uri, sizes)
    say(f"an import and an export of {sizes.transferred:,}")
    moved = transfers.transfers(subject, sizes, say)
    say(f"a rebuild among {sizes.rebuilt:,} requests")
    rebuilt = rebuilding.rebuilding(subject, sizes, say)
    accounts = len(subject.accounts)
    return [
        *figures,
        *working_time.figures(),
        *clocks.figures(),
        *falling_due,
        *directory,
        *moved,
        *rebuilt,
        Figure("reads of the database by an idle account", idle.reads / accounts, "a second"),
        Figure("writes to the database by an idle account", idle.writes / accounts, "a second"),
        Figure("memory of an account, one process", memory.megabytes(subject.customer), "MB", aim=250),
    ]


def bare_vhost(admin_uri: str, amqp_uri: Callable[[str, str, str], str]) -> str:
    """A vhost for what is measured barely; its URI."""
    password = secrets.token_hex(8)
    vhosts = ensure_vhosts(admin_uri, _VHOST, password)
    return amqp_uri(vhosts.inside, _VHOST, password)


def _idle(subject: Subject, seconds: float) -> Counts:
    """What both accounts do in a second when nothing happens."""
    before, begin = counted(subject.accounts), time.perf_counter()
    time.sleep(seconds)
    return (counted(subject.accounts) - before).per(time.perf_counter() - begin)


@contextmanager
def _server_alone(directory: Path, durable: bool) -> Iterator[tuple[Server, str]]:
    """And the URI of it."""
    with database_server(directory / "server", durable) as server:
        if server.uri:
            yield server, server.uri
            return
        own = Database(directory / "database", durable, dies_with_parent=True)
        try:
            own.start()
            own.wait_ready()
            yield server, own.uri()
        finally:
            own.kill()


@contextmanager
def _two_accounts(directory: Path, durable: bool) -> Iterator[tuple[Server, list[AccountSpec]]]:
    """A server for them, and who they are. On one that others use too, nothing of them stays."""
    with database_server(directory / "server", durable) as server:
        specs = _specs(server)
        try:
            yield server, specs
        finally:
            if server.uri:
                _drop(server.uri, specs)


def _specs(server: Server) -> list[AccountSpec]:
    # On a server that others use too, nothing of theirs may be met.
    mark = f"-{secrets.token_hex(3)}" if server.uri else ""
    ids = [f"{name}{mark}" for name in ("customer", "provider")]
    return [AccountSpec(id, id.title(), f"{id}.example", environ=_ENVIRON) for id in ids]


@contextmanager
def _up(
    directory: Path, specs: list[AccountSpec], processes: Mode, server: Server, durable: bool
) -> Iterator[LocalDeployment]:
    deployment = LocalDeployment(directory, specs, processes=processes, durable=durable, mongo_uri=server.uri)
    with deployment:
        yield deployment


def _subject(deployment: LocalDeployment, server: Server) -> Subject:
    customer, provider = deployment.accounts.values()
    needs = [Needs(customer.id, (), (), (provider.id,)), Needs(provider.id, (), (), ())]
    lines = set_up(needs, deployment.accounts)
    broker = deployment.broker_of(customer.id)
    uri = server.uri or (deployment.database.uri() if deployment.database else "")
    return Subject(
        customer=customer,
        provider=provider,
        customer_token=customer.admin_token,
        provider_token=provider.admin_token,
        instance_id=lines[customer.id].instance_id,
        lead_id=lines[customer.id].leads[provider.id].instance_id,
        amqp_uri=bare_vhost(broker.admin_uri, broker.amqp_uri),
        mongo_uri=uri,
    )


def _memory_of_many(account: LocalAccount) -> Figure:
    with account.api() as client:
        client.get("requests", per_page=25)  # so that all have done something
    return Figure(f"memory of an account, {len(SERVICES)} processes", memory.megabytes(account), "MB")


def _drop(uri: str, specs: list[AccountSpec]) -> None:
    with pymongo.MongoClient[dict[str, Any]](uri) as client:
        client.drop_database(bare.DATABASE)
        for spec in specs:
            for service in STORING:
                client.drop_database(database_name(spec.id, service))


def _ran_on(server: Server) -> dict[str, str]:
    return {
        "database": server.name,
        "broker": "RabbitMQ, one node",
        "processors": str(os.cpu_count()),
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": platform.python_version(),
    }
