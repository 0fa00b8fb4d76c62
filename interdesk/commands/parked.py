"""`interdesk parked …`: partners' messages that could not be applied, and (`parked events …`) the account's
own events that could not be handled. Both wait for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from interdesk.commands.options import (
    DEFAULT_DIRECTORY,
    DEFAULT_LIMIT,
    Account,
    Directory,
    Json,
    Limit,
    TokenFile,
    Url,
    api_of,
)
from interdesk.commands.output import Group, say, show_first, show_one

Id = Annotated[str, typer.Argument(help="The id, as `list` shows it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def commands(path: str, columns: Sequence[str], *, help: str, discarding: str) -> typer.Typer:
    """list, show, replay and discard of what is parked under a path of the API. `discarding`: what a person
    is told before he discards.
    """
    app = typer.Typer(cls=Group, no_args_is_help=True, help=help)

    @app.command("list")
    def list_parked(
        limit: Limit = DEFAULT_LIMIT,
        directory: Directory = DEFAULT_DIRECTORY,
        account: Account = None,
        url: Url = None,
        token_file: TokenFile = None,
        as_json: Json = False,
    ) -> None:
        """List what is parked, and why."""
        with api_of(directory, account, url, token_file) as api:
            parked = api.get_first(path, limit)
        show_first(parked, columns, as_json=as_json)

    @app.command("show")
    def show_parked(
        id: Id,
        directory: Directory = DEFAULT_DIRECTORY,
        account: Account = None,
        url: Url = None,
        token_file: TokenFile = None,
        as_json: Json = False,
    ) -> None:
        """Show one of them, with what it says."""
        with api_of(directory, account, url, token_file) as api:
            show_one(api.get(f"{path}/{id}"), as_json=as_json)

    @app.command()
    def replay(
        id: Id,
        directory: Directory = DEFAULT_DIRECTORY,
        account: Account = None,
        url: Url = None,
        token_file: TokenFile = None,
    ) -> None:
        """Have it handled again."""
        with api_of(directory, account, url, token_file) as api:
            api.post(f"{path}/{id}/replay")
        say(f"{id} is tried again")

    @app.command()
    def discard(
        id: Id,
        directory: Directory = DEFAULT_DIRECTORY,
        account: Account = None,
        url: Url = None,
        token_file: TokenFile = None,
        yes: Yes = False,
    ) -> None:
        """Pass over it for good."""
        if not yes:
            typer.confirm(f"Discard {id}? {discarding}", abort=True)
        with api_of(directory, account, url, token_file) as api:
            api.post(f"{path}/{id}/discard")
        say(f"{id} is discarded")

    return app


app = commands(
    "parked_messages",
    ("id", "service", "partner", "type", "code", "thread", "sequence", "received_at"),
    help="Partners' messages (and `events` of our own) that wait for a person.",
    discarding="Its thread goes on, and its sender is told.",
)
events = commands(
    "parked_events",
    ("id", "service", "handler", "type", "code", "tries", "parked_at"),
    help="The account's own events that could not be handled.",
    discarding="What it should have brought about will be missing.",
)
app.add_typer(events, name="events")
