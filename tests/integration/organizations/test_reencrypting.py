"""The account's secret is changed: what is encrypted comes under the new one, whenever it is interrupted."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.local.environment import without_ours, write_env_file
from services.common.errors import Invalid
from services.federation.sealing.ciphers import Secret, decrypt_at_rest
from services.federation.sealing.rings import OwnRing
from services.organizations.actions.trusting.credentials import renew_credentials
from services.organizations.actions.trusting.reencrypting import reencrypt
from tests.integration.organizations.pair import Side, befriend

NEW = b"n" * 32
LOGINS = ("credentials", "their_credentials", "their_next_credentials")


def knowing(side: Side, *secrets: bytes) -> Side:
    """The side with these in its INTERDESK_SECRET_FILE."""
    return replace(side, context=replace(side.context, config=side.context.config.changed(secret=secrets)))


def opened(side: Side, secret: Secret) -> tuple[OwnRing, dict[str, Any]]:
    """All that it keeps encrypted, in the clear. Raises Invalid."""
    (ring,) = side.context.database["keyrings"].find({"_id": side.account})
    return OwnRing.from_document(ring, secret), {
        name: decrypt_at_rest(secret, side.trust[name]) for name in LOGINS if side.trust[name]
    }


@pytest.fixture
def side(sides: Callable[..., tuple[Side, Side]]) -> Side:
    """It has a partner, whose credentials are being renewed: there is one of everything."""
    a, b = sides()
    befriend(a, b)
    renew_credentials(a.context, a.administrator, b.account)
    assert all(a.trust[name] for name in LOGINS)
    return a


def test_everything_opens_with_the_new_secret_alone_and_others_are_told(side: Side) -> None:
    (old,) = side.secret
    before = opened(side, side.secret)
    both = knowing(side, NEW, old)
    assert opened(both, both.secret) == before, "either secret opens it meanwhile"
    assert reencrypt(both.context) == (2, 2)
    assert opened(side, (NEW,)) == before
    with pytest.raises(Invalid):
        opened(side, (old,))
    told = [row for row in side.trust["outbox"] if row["type"] == "trust.saved"][-1]["body"]
    assert (told["version"], told["record"]["credentials"]) == (
        side.trust["version"],
        side.trust["credentials"],
    )
    version = side.trust["version"]
    assert reencrypt(both.context) == (2, 0)
    assert side.trust["version"] == version


def test_where_neither_secret_fits_nothing_is_saved_and_the_record_is_named(side: Side) -> None:
    trusts = side.context.database["trusts"]
    trusts.update_one({"_id": side.other}, {"$set": {"their_credentials": "not.of.this.account.at-all"}})
    before = list(side.context.database["keyrings"].find())
    with pytest.raises(Invalid, match=f"trust {side.other}: .*INTERDESK_SECRET_FILE") as refused:
        reencrypt(knowing(side, NEW, *side.secret).context)
    assert refused.value.code == "wrong_secret"
    assert list(side.context.database["keyrings"].find()) == before


@pytest.fixture
def environ(side: Side, database: Any, tmp_path: Path) -> dict[str, str]:
    """Of the account's services, which know both secrets."""
    secret = tmp_path / "secret"
    secret.write_text("\n".join(base64.urlsafe_b64encode(each).decode() for each in (NEW, *side.secret)))
    return {
        "INTERDESK_ACCOUNT": side.account,
        "INTERDESK_DOMAIN": f"{side.account}.example",
        "INTERDESK_SECRET_FILE": str(secret),
        "AMQP_URI": "amqp://127.0.0.1:1/",
        "MONGO_URI": database.uri(),
    }


@pytest.mark.parametrize("point", ["before_save", "after_save", "before_save:2"])
def test_killed_it_is_finished_by_the_next_run(
    side: Side, environ: dict[str, str], tmp_path: Path, point: str
) -> None:
    before = opened(side, side.secret)
    killed = subprocess.run(
        [sys.executable, "-m", "interdesk.cli", "account", "reencrypt"],
        env={**without_ours(os.environ), **environ, "INTERDESK_CRASH_AT": f"organizations.{point}"},
        capture_output=True, timeout=60,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    write_env_file(tmp_path / "env", environ)
    ran = CliRunner().invoke(app, ["account", "reencrypt", "--env-file", str(tmp_path / "env")])
    assert ran.exit_code == 0, ran.output
    assert f"of 2 records {2 if point == 'before_save' else 1} were encrypted anew" in ran.stderr
    assert opened(side, (NEW,)) == before


def test_it_waits_for_copies_and_says_which_did_not_follow(
    side: Side, environ: dict[str, str], tmp_path: Path
) -> None:
    write_env_file(tmp_path / "env", environ)
    command = ["account", "reencrypt", "--env-file", str(tmp_path / "env"), "--wait-seconds"]
    database = side.context.database.client[side.context.config.database_name("requests")]

    def copied() -> None:
        (ring,) = side.context.database["keyrings"].find({"_id": side.account})
        database["copy_keyring"].replace_one({"_id": side.account}, ring, upsert=True)

    copied()
    behind = CliRunner().invoke(app, [*command, "0"])
    assert behind.exit_code == 1
    assert "requests: after 0 s 1 of its copies are still under the second secret" in behind.stderr
    copied()
    followed = CliRunner().invoke(app, [*command, "5"])
    assert followed.exit_code == 0, followed.output
    database.client.drop_database(database)
