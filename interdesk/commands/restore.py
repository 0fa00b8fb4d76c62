"""`interdesk restore`: put an account's databases back as a backup has them, and tell its services so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interdesk.commands.backup import counted, standing_still
from interdesk.commands.options import DEFAULT_DIRECTORY, Account, Directory, Yes, local_account
from interdesk.commands.output import WRONG_USE, Refusal, ask, say
from interdesk.local.backups import BackupRefused, read_manifest, restore_backup
from interdesk.local.local_account import LocalAccount
from services.federation.messages.types import LANES
from services.federation.restoring.deployment_note import AS_COPY, AS_RESTORED, say_of


def restore(
    file: Annotated[
        Path | None,
        typer.Argument(help="What `interdesk backup` wrote. Without it the databases are restored already."),
    ] = None,
    as_restored: Annotated[
        bool,
        typer.Option("--as-restored", help="This deployment goes on in place of the one that was backed up."),
    ] = False,
    as_copy: Annotated[
        bool,
        typer.Option("--as-copy", help="That one lives on; this is another, with new keys and no trusts."),
    ] = False,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    state_dir: Annotated[
        Path | None,
        typer.Option("--state-dir", help="INTERDESK_STATE_DIR of an account that runs elsewhere."),
    ] = None,
    yes: Yes = False,
) -> None:
    """Put an account's databases back, and say what they are: its services keep their border shut until they
    know.

    As restored, they begin a new incarnation and find together with their partners again; also where a border
    was paused with `second_deployment`. As a copy, they end all trusts without a word to the partners, who go
    on with the original; it needs a broker of its own. Services that run see it within a minute.
    """
    if as_restored == as_copy:
        raise Refusal("say --as-restored or --as-copy: only you know which", WRONG_USE)
    if state_dir is not None and not state_dir.is_dir():
        raise Refusal(f"there is no directory {state_dir}; name the services' INTERDESK_STATE_DIR", WRONG_USE)
    if file is not None:
        if state_dir is not None:
            raise Refusal(
                "a file is for an account of the local deployment: leave --state-dir out", WRONG_USE
            )
        _put_back(file, directory, local_account(directory, account), yes=yes)
    told = state_dir or local_account(directory, account).state_dir
    for service in LANES:
        try:
            say_of(told, service, AS_COPY if as_copy else AS_RESTORED)
        except OSError as problem:
            raise Refusal(f"it can't be said to {service}: {problem}") from problem
    say(
        "said; each service "
        + ("becomes one of a copy" if as_copy else "begins a new incarnation")
        + " as soon as it looks"
    )


def _put_back(file: Path, directory: Path, account: LocalAccount, *, yes: bool) -> None:
    """Raises Refusal, before anything of the account's is touched."""
    try:
        found = read_manifest(file, account.id)
        ask(
            f"All that {account.id} did since {found.made_at} goes, but for what partners say again. Go on?",
            yes=yes,
        )
        with standing_still(directory, account, writing=True) as client, counted() as watch:
            restore_backup(file, account.id, client, account.directory / "secret", watch)
    except BackupRefused as problem:
        raise Refusal(str(problem), WRONG_USE) from problem
    say(f"{found.documents:,} documents of {account.id} are as they were at {found.made_at}")
