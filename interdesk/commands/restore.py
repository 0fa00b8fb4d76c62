"""`interdesk restore`: tell an account's services that their databases came from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interdesk.commands.options import DEFAULT_DIRECTORY, Account, Directory
from interdesk.commands.output import WRONG_USE, Refusal, say
from interdesk.deployment import LocalDeployment
from interdesk.services import STORING
from services.federation.deployment import say_restored


def restore(
    as_restored: Annotated[
        bool,
        typer.Option("--as-restored", help="This deployment goes on in place of the one that was backed up."),
    ] = False,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    state_dir: Annotated[
        Path | None,
        typer.Option("--state-dir", help="INTERDESK_STATE_DIR of an account that runs elsewhere."),
    ] = None,
) -> None:
    """Say that an account's databases were restored from a backup, where its services ask for it.

    A restore in place is noticed by itself. This is for databases that were moved to another place, and for
    a service whose border was paused with `second_deployment`. They begin a new incarnation within a minute,
    and find together with their partners again. A copy beside a deployment that lives on must not be told so.
    """
    if not as_restored:
        raise Refusal("say --as-restored: nothing else can be said of a database", WRONG_USE)
    for service in STORING:
        say_restored(state_dir or _state_dir(directory, account), service)
    say("said; each service begins a new incarnation as soon as it looks")


def _state_dir(directory: Path, account: str | None) -> Path:
    accounts = LocalDeployment.open(directory).accounts
    if account is None and len(accounts) == 1:
        account = next(iter(accounts))
    if account not in accounts:
        raise Refusal(f"say which account: --account {' | '.join(accounts)}", WRONG_USE)
    return accounts[account].state_dir
