"""`interdesk reporting …`: what reports count from (docs/reporting.md)."""

from __future__ import annotations

import typer

from interdesk.commands.jobs import awaited
from interdesk.commands.options import ChosenAccount, Json, for_an_account
from interdesk.commands.output import Group, Refusal, show_one

app = typer.Typer(cls=Group, no_args_is_help=True, help="What reports count from.")

_PATH = "reporting/rebuild"


@app.callback()
def reporting() -> None:
    """Keeps `rebuild` a subcommand, though there is no other."""


@app.command()
@for_an_account
def rebuild(chosen: ChosenAccount, as_json: Json = False) -> None:
    """Make anew what reports count from, out of the account's requests and SLAs, while people work.

    It goes on when this command is stopped; who gives it again watches the same one. Exit code 1 when it
    broke.
    """
    with chosen.api() as api:
        api.post(_PATH)
        done = awaited(api, _PATH, "requests and affected SLAs")
    if done["state"] != "done":
        raise Refusal("; ".join(f"{field}: {text}" for field, text in done["errors"]))
    show_one(done, as_json=as_json)
