"""`interdesk quarantine …`: deliveries that nobody is proven to have sent."""

from __future__ import annotations

from typing import Annotated

import typer

from interdesk.commands.options import (
    DEFAULT_LIMIT,
    ChosenAccount,
    Id,
    Json,
    Limit,
    Partner,
    Yes,
    for_an_account,
)
from interdesk.commands.output import Group, ask, say, show_first, show_one

app = typer.Typer(cls=Group, no_args_is_help=True, help="Deliveries that nobody is proven to have sent.")

COLUMNS = ("id", "service", "partner", "code", "detail", "size", "received_at")


@app.command("list")
@for_an_account
def list_quarantined(
    chosen: ChosenAccount,
    partner: Annotated[str | None, typer.Option("--partner", help="From this partner's lanes only.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """List what is in quarantine, and which check it failed."""
    wanted = {"partner": partner} if partner else {}
    with chosen.api() as api:
        found = api.get_first("quarantined_messages", limit, **wanted)
    show_first(found, COLUMNS, as_json=as_json)


@app.command("show")
@for_an_account
def show_quarantined(chosen: ChosenAccount, id: Id, as_json: Json = False) -> None:
    """Show one of them, with what it claims to be."""
    with chosen.api() as api:
        show_one(api.get(f"quarantined_messages/{id}"), as_json=as_json)


@app.command()
@for_an_account
def empty(chosen: ChosenAccount, partner: Partner, yes: Yes = False) -> None:
    """Let go of what is in a partner's quarantine, so that there is room again."""
    ask(f"Let go of all that is in the quarantine of {partner}, for good?", yes=yes)
    with chosen.api() as api:
        api.post(f"trusts/{partner}/empty_quarantine")
    say(f"the quarantine of {partner} is empty")
