"""Options that several commands take, and the account that they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from interdesk.api import Api
from interdesk.commands.output import WRONG_USE, Refusal
from interdesk.deployment import LocalDeployment

DEFAULT_DIRECTORY = Path(".interdesk")

Directory = Annotated[
    Path, typer.Option("--directory", "-d", help="The run directory of the local deployment.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
Account = Annotated[
    str | None, typer.Option("--account", "-a", help="Which account of the local deployment.")
]
Url = Annotated[str | None, typer.Option("--url", help="The gateway of an account that runs elsewhere.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", help="A file with the access token (default: the first administrator's)."),
]


def api_of(directory: Path, account: str | None, url: str | None, token_file: Path | None) -> Api:
    """The API that the options mean. Raises Refusal, NothingHere."""
    token = None
    if token_file is not None:
        try:
            token = token_file.read_text().strip()
        except OSError as problem:
            raise Refusal(f"the token can't be read: {problem}", WRONG_USE) from problem
    if url is not None:
        if token is None:
            raise Refusal("with --url, give --token-file too", WRONG_USE)
        return Api(url, token)
    accounts = LocalDeployment.open(directory).accounts
    if account is None and len(accounts) == 1:
        account = next(iter(accounts))
    if account not in accounts:
        raise Refusal(f"say which account: --account {' | '.join(accounts)}", WRONG_USE)
    return accounts[account].api(token)
