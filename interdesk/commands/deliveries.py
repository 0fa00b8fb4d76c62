"""`interdesk deliveries`: what was sent to partners, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from interdesk.commands.options import DEFAULT_LIMIT, ChosenAccount, Json, Limit, for_an_account
from interdesk.commands.output import show_first

COLUMNS = ("id", "service", "partner", "type", "state", "created_at")


@for_an_account
def deliveries(
    chosen: ChosenAccount,
    state: Annotated[
        str | None, typer.Option("--state", help="queued, sent, held, accepted or refused.")
    ] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="The partner's account id.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    as_json: Json = False,
) -> None:
    """List messages to partners with what became of each, the newest first."""
    wanted = {name: value for name, value in (("state", state), ("partner", partner)) if value}
    with chosen.api() as api:
        found = api.get_first("deliveries", limit, **wanted)
    show_first(found, COLUMNS, as_json=as_json)
