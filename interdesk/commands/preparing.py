"""`interdesk account prepare`, `account scaffold`, `compose-secrets`: for accounts that run elsewhere than on
this machine (docs/deployment.md).
"""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Annotated

import typer

from interdesk.commands.options import text_in
from interdesk.commands.output import FAILED, WRONG_USE, Refusal, say
from interdesk.containers.compose_secrets import write_compose_secrets
from interdesk.containers.kubernetes import first_steps, write_kubernetes_secrets, write_overlay
from interdesk.containers.preparing import CantPrepare
from interdesk.containers.preparing import prepare as prepare_account
from interdesk.local.accounts import account_described
from services.common import config as configuration
from services.common.errors import ConfigError


def prepare(
    mongo_admin_uri_file: Annotated[
        Path, typer.Option(help="A file that holds the database's URI with an administrator's login.")
    ],
) -> None:
    """Make on broker and database what an account needs, as this process's environment describes it.

    The environment is that of the account's services (docs/configuration.md). It may be done again.
    """
    try:
        config = configuration.load(os.environ)
        for line in prepare_account(config, text_in(mongo_admin_uri_file, "the database's URI")):
            say(line)
    except ConfigError as problem:
        raise Refusal(problem.message, WRONG_USE) from problem
    except CantPrepare as problem:
        raise Refusal(str(problem), FAILED) from problem


def scaffold(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    domain: Annotated[str, typer.Option(help="Its domain; part of every nodeID.")],
    name: Annotated[str | None, typer.Option(help="Its display name.")] = None,
    into: Annotated[Path, typer.Option(help="Where the overlays are.")] = Path("deploy/k8s/overlays"),
    secrets: Annotated[
        Path, typer.Option(help="Where accounts' secrets are written, each account's in a directory.")
    ] = Path("secrets"),
) -> None:
    """Write what runs an account on Kubernetes, its overlay and its secrets, and say what to do with them.

    What is there stays, so it may be done again, after a new service came.
    """
    spec = account_described(account, name, domain)
    overlay = write_overlay(into, spec)
    files = secrets / account
    write_kubernetes_secrets(files, spec, datetime.datetime.now(datetime.UTC))
    say(f"Look through {overlay}, and keep {files} to yourself. Then:")
    typer.echo("\n".join(first_steps(spec, overlay, files)))


def compose_secrets(
    directory: Annotated[Path, typer.Option(help="Where docker-compose.yml looks for them.")] = Path(
        "deploy/compose/secrets"
    ),
) -> None:
    """Make the secrets that docker-compose.yml names. What is there stays."""
    write_compose_secrets(directory, datetime.datetime.now(datetime.UTC))
    say(f"{directory} holds them; keep it to yourself")
