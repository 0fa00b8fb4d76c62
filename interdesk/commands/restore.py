"""`interdesk restore`: tell an account's services that their databases came from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interdesk.commands.options import DEFAULT_DIRECTORY, Account, Directory, local_account
from interdesk.commands.output import WRONG_USE, Refusal, say
from services.federation.deployment_note import AS_COPY, AS_RESTORED, say_of
from services.federation.messages.types import LANES


def restore(
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
) -> None:
    """Say what an account's databases are that came from a backup: its services keep their border shut until
    they know.

    As restored, they begin a new incarnation and find together with their partners again; also where a border
    was paused with `second_deployment`. As a copy, they end all trusts without a word to the partners, who go
    on with the original; it needs a broker of its own. Services that run see it within a minute.
    """
    if as_restored == as_copy:
        raise Refusal("say --as-restored or --as-copy: only you know which", WRONG_USE)
    if state_dir is not None and not state_dir.is_dir():
        raise Refusal(f"there is no directory {state_dir}; name the services' INTERDESK_STATE_DIR", WRONG_USE)
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
