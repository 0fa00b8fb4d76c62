"""The files that docker-compose.yml takes its secrets from: for its broker, its database and its accounts.

tls/                    the broker's certificate and its authority, which partners pin
rabbitmq-admin.conf     the broker's administrator
mongodb-password        the database's administrator; mongo-admin-uri leads to it
grafana-password        of Grafana's administrator, `admin`
mongodb-keyfile         what the members of its replica set know each other by
<account>/              see `account_secrets.py`

What is there stays. The directory is its owner's alone (see `account_secrets.py` for why its files are not).
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Sequence
from pathlib import Path

from interdesk.containers.account_secrets import READABLE, kept, readable, write_account_secrets
from interdesk.files import private_directory
from interdesk.local.certificates import ensure_certificates

ACCOUNTS = ("widget", "gigatera")
BROKER, DATABASE, REPLICA_SET = "rabbitmq", "mongodb", "interdesk"


def write_compose_secrets(
    directory: Path, now: datetime.datetime, accounts: Sequence[str] = ACCOUNTS
) -> None:
    """Raises OSError, FileBroken."""
    private_directory(directory)
    tls = directory / "tls"
    ensure_certificates(tls, "compose", now, [BROKER])
    (tls / "server.key").chmod(READABLE)
    broker_password = kept(directory / "rabbitmq-password", lambda: secrets.token_urlsafe(24))
    readable(directory / "rabbitmq-admin.conf", f"default_user = admin\ndefault_pass = {broker_password}\n")
    database_password = kept(directory / "mongodb-password", lambda: secrets.token_urlsafe(24))
    kept(directory / "grafana-password", lambda: secrets.token_urlsafe(24))
    kept(directory / "mongodb-keyfile", lambda: secrets.token_hex(256))
    readable(
        directory / "mongo-admin-uri",
        f"mongodb://admin:{database_password}@{DATABASE}:27017/?replicaSet={REPLICA_SET}&authSource=admin",
    )
    for account in accounts:
        admin_uri = f"http://admin:{broker_password}@{BROKER}:15672"
        write_account_secrets(directory / account, account, BROKER, admin_uri)
