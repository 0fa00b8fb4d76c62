"""`interdesk deliveries`: what was sent to partners, and what became of it."""

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
from interdesk.commands.output import show_first

COLUMNS = ("id", "service", "partner", "type", "state", "created_at")


def deliveries(
    state: Annotated[
        str | None, typer.Option("--state", help="queued, sent, held, accepted or refused.")
    ] = None,
    partner: Annotated[str | None, typer.Option("--partner", help="The partner's account id.")] = None,
    limit: Limit = DEFAULT_LIMIT,
    directory: Directory = DEFAULT_DIRECTORY,
    account: Account = None,
    url: Url = None,
    token_file: TokenFile = None,
    as_json: Json = False,
) -> None:
    """List messages to partners with what became of each, the newest first."""
    wanted = {name: value for name, value in (("state", state), ("partner", partner)) if value}
    with api_of(directory, account, url, token_file) as api:
        found = api.get_first("deliveries", limit, **wanted)
    show_first(found, COLUMNS, as_json=as_json)
