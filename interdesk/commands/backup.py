"""`interdesk backup`: an account's databases in one file (docs/restoring.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interdesk.commands.options import DEFAULT_DIRECTORY, Account, Directory, local_account
from interdesk.commands.output import WRONG_USE, Refusal, say, warn
from interdesk.local.backups import Client, Watch, write_backup
from interdesk.local.database import Database
from interdesk.local.deployment import LocalDeployment
from interdesk.local.local_account import LocalAccount


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
) -> None:
    """Write an account's databases and its secret to a file. Its services stand still meanwhile.

    For an account of the local deployment; of one that runs elsewhere, use the database's own tools.
    """
    if file.exists():
        raise Refusal(f"{file} is there already; say another name", WRONG_USE)
    chosen = local_account(directory, account)
    with standing_still(directory, chosen) as client, counted() as watch:
        made = write_backup(file, chosen.id, client, chosen.directory / "secret", datetime.now(UTC), watch)
    say(f"{made.documents:,} documents of {chosen.id} are in {file}; keep it to yourself: it opens its keys")


@contextmanager
def standing_still(directory: Path, account: LocalAccount, *, writing: bool = False) -> Iterator[Client]:
    """The account's databases, as their administrator, while its services do not run. Those that ran are
    started again; not where what was `writing` failed, for they would go on with half of it. Raises Refusal.
    """
    database = _database(directory)
    ran = [service for service, process in account.processes.items() if process.alive]
    if ran:
        say(f"{account.id} stands still")
        account.stop()
    try:
        with database.administrator() as client:
            yield client
    except BaseException:
        if writing:
            warn(f"{account.id} stands still, its databases are not whole: do it again")
            ran = []
        raise
    finally:
        if ran:
            account.start(*ran)
            say(f"{account.id} goes on")


def _database(directory: Path) -> Database:
    """The database server of the deployment, which must run. Raises Refusal."""
    database = LocalDeployment.open(directory).database
    if database is None:
        raise Refusal(
            "this deployment uses a database server of your own; use its own tools (docs/restoring.md)"
        )
    if not database.running:
        raise Refusal("the database does not run; `interdesk up --detach` starts it")
    return database


@contextmanager
def counted() -> Iterator[Watch]:
    """How many documents it was, while a terminal watches."""
    console, count = Console(stderr=True), 0
    if not console.is_terminal:
        yield lambda documents: None
        return

    def more(documents: int) -> None:
        nonlocal count
        count += documents
        status.update(f"{count:,} documents")

    with console.status("looking at the databases") as status:
        yield more
