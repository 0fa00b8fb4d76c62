"""`interdesk account …`: the accounts of the local deployment, and one account's own record."""

from __future__ import annotations

import typer

from interdesk.commands import preparing
from interdesk.commands.options import DEFAULT_DIRECTORY, ChosenAccount, Directory, Json, for_an_account
from interdesk.commands.output import Group, show, show_one
from interdesk.deployment import LocalDeployment

app = typer.Typer(cls=Group, no_args_is_help=True, help="Accounts.")
app.command()(preparing.prepare)
app.command()(preparing.scaffold)


@app.command("list")
def list_accounts(directory: Directory = DEFAULT_DIRECTORY, as_json: Json = False) -> None:
    """List the accounts of the local deployment, and where their administrators' tokens are."""
    accounts = [
        {
            "id": account.id,
            "name": account.spec.name,
            "domain": account.spec.domain,
            "url": account.url,
            "token_file": str(account.directory / "token"),
        }
        for account in LocalDeployment.open(directory).accounts.values()
    ]
    show(accounts, ("id", "name", "domain", "url", "token_file"), as_json=as_json)


@app.command("show")
@for_an_account
def show_account(chosen: ChosenAccount, as_json: Json = False) -> None:
    """Show an account's record."""
    with chosen.api() as api:
        show_one(api.get("account"), as_json=as_json)
