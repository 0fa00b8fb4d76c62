"""`interdesk parked …`: messages that could not be applied and wait for a person."""

from __future__ import annotations

from typing import Annotated

import typer

from interdesk.commands.options import DEFAULT_DIRECTORY, Account, Directory, Json, TokenFile, Url, api_of
from interdesk.commands.output import Group, say, show, show_one

app = typer.Typer(cls=Group, no_args_is_help=True, help="Messages that wait for a person.")

Id = Annotated[str, typer.Argument(help="The parked message's id.")]
COLUMNS = ("id", "service", "partner", "type", "code", "thread", "sequence", "received_at")


@app.command("list")
def list_parked(
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> None:
    """List what is parked, and why."""
    with api_of(directory, account, url, token_file) as api:
        parked = list(api.get_all("parked_messages"))
    show(parked, COLUMNS, as_json=as_json)


@app.command("show")
def show_parked(
    id: Id,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> None:
    """Show one parked message."""
    with api_of(directory, account, url, token_file) as api:
        show_one(api.get(f"parked_messages/{id}"), as_json=as_json)


@app.command()
def replay(
    id: Id,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
) -> None:
    """Try again to apply a parked message."""
    with api_of(directory, account, url, token_file) as api:
        api.post(f"parked_messages/{id}/replay")
    say(f"{id} is tried again")


@app.command()
def discard(
    id: Id,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Pass over a parked message: its thread goes on, and its sender is told that it was discarded."""
    if not yes:
        typer.confirm(f"Discard {id}? Its sender is told.", abort=True)
    with api_of(directory, account, url, token_file) as api:
        api.post(f"parked_messages/{id}/discard")
    say(f"{id} is discarded")
