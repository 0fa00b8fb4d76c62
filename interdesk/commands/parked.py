"""`interdesk parked …`: partners' messages that could not be applied, and (`parked events …`) the account's
own events that could not be handled. Both wait for a person.
"""

from __future__ import annotations

from collections.abc import Sequence

import typer

from interdesk.commands.options import DEFAULT_LIMIT, ChosenAccount, Id, Json, Limit, Yes, for_an_account
from interdesk.commands.output import Group, ask, say, show_first, show_one


def commands(path: str, columns: Sequence[str], *, help: str, discarding: str) -> typer.Typer:
    """list, show, replay and discard of what is parked under a path of the API. `discarding`: what a person
    is told before he discards.
    """
    app = typer.Typer(cls=Group, no_args_is_help=True, help=help)

    @app.command("list")
    @for_an_account
    def list_parked(chosen: ChosenAccount, limit: Limit = DEFAULT_LIMIT, as_json: Json = False) -> None:
        """List what is parked, and why."""
        with chosen.api() as api:
            parked = api.get_first(path, limit)
        show_first(parked, columns, as_json=as_json)

    @app.command("show")
    @for_an_account
    def show_parked(chosen: ChosenAccount, id: Id, as_json: Json = False) -> None:
        """Show one of them, with what it says."""
        with chosen.api() as api:
            show_one(api.get(f"{path}/{id}"), as_json=as_json)

    @app.command()
    @for_an_account
    def replay(chosen: ChosenAccount, id: Id) -> None:
        """Have it handled again."""
        with chosen.api() as api:
            api.post(f"{path}/{id}/replay")
        say(f"{id} is tried again")

    @app.command()
    @for_an_account
    def discard(chosen: ChosenAccount, id: Id, yes: Yes = False) -> None:
        """Pass over it for good."""
        ask(f"Discard {id}? {discarding}", yes=yes)
        with chosen.api() as api:
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
