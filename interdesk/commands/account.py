"""`interdesk account …`: the accounts of the local deployment, and one account's own record."""

from __future__ import annotations

from typing import Annotated

import typer

from interdesk.api import Api
from interdesk.commands import preparing, reencrypting
from interdesk.commands.options import DEFAULT_DIRECTORY, ChosenAccount, Directory, Json, for_an_account
from interdesk.commands.output import WRONG_USE, Group, Refusal, say, show, show_one
from interdesk.local.deployment import LocalDeployment

app = typer.Typer(cls=Group, no_args_is_help=True, help="Accounts.")
app.command()(preparing.prepare)
app.command()(preparing.scaffold)
app.command()(reencrypting.reencrypt)


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


@app.command("set-password")
@for_an_account
def set_password(
    chosen: ChosenAccount,
    person: Annotated[str, typer.Argument(help="The person's id, or the e-mail address to sign in with.")],
) -> None:
    """Set the password that a person signs in with; it is asked for. His sessions end."""
    with chosen.api() as api:
        id = int(person) if person.isascii() and person.isdigit() else _with_address(api, person)
        name = api.get(f"people/{id}")["name"]
        password = typer.prompt(
            f"The new password of {name}", hide_input=True, confirmation_prompt="Once more", err=True
        )
        api.post(f"people/{id}/set_password", {"password": password})
    say(f"{name} signs in with it from now on.")


def _with_address(api: Api, address: str) -> int:
    found = api.get("people", primary_email=address, fields="id")
    if not found:
        raise Refusal(f"nobody here has the e-mail address {address}", WRONG_USE)
    return int(found[0]["id"])
