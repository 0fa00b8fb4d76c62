"""`interdesk account reencrypt`: the account's secret is changed (docs/operations.md)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from interdesk.commands.output import FAILED, WRONG_USE, Refusal, say
from interdesk.local.environment import read_env_file
from interdesk.waiting import holds_within
from services.common import config as configuration
from services.common.config import Config
from services.common.context import Context
from services.common.crash import CrashPoints
from services.common.database import connect, open_database
from services.common.errors import ConfigError, InterdeskError
from services.federation.messages.types import LANES
from services.federation.partners.trusts import OWNER
from services.federation.sealing.reencrypting import copies_behind
from services.organizations.actions.trusting.keyrings import secret_of
from services.organizations.actions.trusting.reencrypting import reencrypt as reencrypt_records


def reencrypt(
    env_file: Annotated[
        Path | None,
        typer.Option(help="The account's environment; without it, that of this process."),
    ] = None,
    wait_seconds: Annotated[
        float, typer.Option(min=0, help="How long copies may take to follow what was encrypted anew.")
    ] = 60,
) -> None:
    """Bring what is encrypted in the databases under the first secret of INTERDESK_SECRET_FILE.

    The second one there is what it was under until now. Services go on; where they keep copies of what the
    organizations service has, this waits for them to follow. It looks at the databases that the
    environment has logins for. Killed, it may be run again.
    """
    try:
        config = configuration.load(os.environ if env_file is None else read_env_file(env_file))
        for service in _at_the_border(config):
            _bring_over(config, service, wait_seconds)
    except (ValueError, OSError) as problem:
        raise Refusal(str(problem), WRONG_USE) from problem
    except ConfigError as problem:
        raise Refusal(problem.message, WRONG_USE) from problem
    except InterdeskError as problem:
        raise Refusal(problem.message, FAILED) from problem


def _at_the_border(config: Config) -> list[str]:
    """Those with a login here, the owner of what is encrypted first."""
    services = [OWNER, *(service for service in LANES if service != OWNER)]
    found = [service for service in services if not config.mongo_users or service in config.mongo_users]
    if not found:
        raise Refusal(f"there is a login to the database of none of {', '.join(services)}", WRONG_USE)
    return found


def _bring_over(config: Config, service: str, wait_seconds: float) -> None:
    secret = secret_of(config)
    with connect(config, service) as client:
        database = open_database(client, config, service)
        if service == OWNER:
            context = Context(config, OWNER, database, crash=CrashPoints(config.crash_at))
            records, changed = reencrypt_records(context)
            say(f"{service}: of {records} records {changed} were encrypted anew")
        elif holds_within(lambda: copies_behind(database, secret) == 0, wait_seconds):
            say(f"{service}: its copies are under the first secret")
        else:
            behind = copies_behind(database, secret)
            raise Refusal(
                f"{service}: after {wait_seconds:g} s {behind} of its copies are still under the second"
                " secret. See that it runs, and say it again; keep that secret until then."
            )
