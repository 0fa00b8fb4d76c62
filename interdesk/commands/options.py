"""Options that several commands take, and the account that they mean."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from interdesk.api import Api
from interdesk.commands.output import WRONG_USE, Refusal
from interdesk.files import FileBroken, read_text
from interdesk.local.deployment import BrokerKind, LocalDeployment, NothingHere, broker_here
from interdesk.local.local_account import LocalAccount

_TOKEN = re.compile(r"[\x21-\x7e]{16,512}")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
DEFAULT_DIRECTORY = Path(".interdesk")

Directory = Annotated[
    Path, typer.Option("--directory", "-d", help="The run directory of the local deployment.")
]
OnBroker = Annotated[
    str | None,
    typer.Option(
        "--broker",
        help="rabbitmq, or embedded: the embedded bus, for trying out. Default: what is there, else RabbitMQ "
        "where it is installed.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Id = Annotated[str, typer.Argument(help="The id, as `list` shows it.")]
Partner = Annotated[str, typer.Argument(help="The partner's account id.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="Show so many at most.")]
TableLimit = Annotated[
    int, typer.Option("--limit", min=1, help="Show so many at most in a table; --json has all.")
]
DEFAULT_LIMIT = 100
Account = Annotated[
    str | None, typer.Option("--account", "-a", help="Which account of the local deployment.")
]
Url = Annotated[str | None, typer.Option("--url", help="The gateway of an account that runs elsewhere.")]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", help="A file with the access token (default: the first administrator's)."),
]


def broker_kind(asked: str | None, directory: Path) -> BrokerKind:
    """What the option `--broker` means for the deployment in this directory. Raises BadParameter."""
    if asked is None:
        try:
            return LocalDeployment.open(directory).broker_kind
        except NothingHere:
            return broker_here()
    if asked not in get_args(BrokerKind):
        raise typer.BadParameter(f"must be one of {', '.join(get_args(BrokerKind))}", param_hint="--broker")
    return cast(BrokerKind, asked)


def local_account(directory: Path, account: str | None) -> LocalAccount:
    """An account of the local deployment; the only one needs no name. Raises Refusal, NothingHere."""
    accounts = LocalDeployment.open(directory).accounts
    if account is None and len(accounts) == 1:
        account = next(iter(accounts))
    if account not in accounts:
        raise Refusal(f"say which account: --account {' | '.join(accounts)}", WRONG_USE)
    return accounts[account]


def text_in(file: Path, what: str) -> str:
    """What a file holds that was given to the command. Raises Refusal."""
    try:
        return read_text(file, what)
    except FileBroken as problem:
        raise Refusal(str(problem), WRONG_USE) from problem


def _token_in(file: Path) -> str:
    token = text_in(file, "the token")
    if not _TOKEN.fullmatch(token):
        raise Refusal(f"{file} must hold an access token and nothing else: one line, no blanks", WRONG_USE)
    return token


@dataclass(frozen=True)
class ChosenAccount:
    """The account that a command speaks to: one of the local deployment, or one that runs elsewhere."""

    directory: Directory = DEFAULT_DIRECTORY
    account: Account = None
    url: Url = None
    token_file: TokenFile = None

    def api(self) -> Api:
        """Its API. Raises Refusal, NothingHere."""
        token = None if self.token_file is None else _token_in(self.token_file)
        if self.url is not None:
            if token is None:
                raise Refusal("with --url, give --token-file too", WRONG_USE)
            if not _URL.fullmatch(self.url):
                raise Refusal(
                    f"--url is the gateway's, such as https://desk.example, not {self.url}", WRONG_USE
                )
            return Api(self.url, token)
        return local_account(self.directory, self.account).api(token)


def for_an_account(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter is the chosen account: in its place it takes, after its own options,
    those that say which account it is.
    """
    choosing = inspect.signature(ChosenAccount, eval_str=True).parameters
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

    @functools.wraps(command)
    def called(**given: Any) -> None:
        chosen = ChosenAccount(**{name: given.pop(name) for name in choosing})
        command(chosen, **given)

    parameters = [*own, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in choosing.values())]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {each.name: each.annotation for each in parameters}
    return called
