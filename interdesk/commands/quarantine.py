"""`interdesk quarantine …`: deliveries that nobody is proven to have sent."""

from __future__ import annotations

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

app = typer.Typer(cls=Group, no_args_is_help=True, help="Deliveries that nobody is proven to have sent.")

COLUMNS = ("id", "service", "partner", "code", "detail", "size", "received_at")


@app.command("list")
def list_quarantined(
    partner: Annotated[str | None, typer.Option("--partner", help="From this partner's lanes only.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> None:
    """List what is in quarantine, and which check it failed."""
    wanted = {"partner": partner} if partner else {}
    with api_of(directory, account, url, token_file) as api:
        found = api.get_first("quarantined_messages", limit, **wanted)
    show_first(found, COLUMNS, as_json=as_json)


@app.command("show")
def show_quarantined(
    id: Annotated[str, typer.Argument(help="The id, as `list` shows it.")],
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> None:
    """Show one of them, with what it claims to be."""
    with api_of(directory, account, url, token_file) as api:
        show_one(api.get(f"quarantined_messages/{id}"), as_json=as_json)


@app.command()
def empty(
    partner: Annotated[str, typer.Argument(help="The partner's account id.")],
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let go of what is in a partner's quarantine, so that there is room again."""
    if not yes:
        typer.confirm(f"Let go of all that is in the quarantine of {partner}, for good?", abort=True)
    with api_of(directory, account, url, token_file) as api:
        api.post(f"trusts/{partner}/empty_quarantine")
    say(f"the quarantine of {partner} is empty")
