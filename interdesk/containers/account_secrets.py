"""The secrets of an account as files in one directory, for Compose and Kubernetes to give its services.

secret                       encrypts its keys at rest
founding-token               its first administrator's
broker-password              of its user on the broker
amqp-uri, border-uri         that user on its two vhosts
broker-admin-uri             who makes partners' users on the broker
mongo-users.json             every service's login to the database, for who makes them (`preparing.py`)
mongo-user-<service>.json    one service's

What is there stays, so it can be done again, after a new service came, or another host. The directory is its
owner's alone; the files in it are not, because containers read them as users of their own.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from marshmallow import fields

from interdesk.database_users import users_of
from interdesk.files import private_directory, read_json, read_text, write_private
from interdesk.services import STORING
from interdesk.vhosts import Vhosts

AMQP_PORT = 5672
READABLE = 0o644
_USERS = fields.Dict(keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.String()))


def write_account_secrets(directory: Path, account: str, broker: str, admin_uri: str | None = None) -> None:
    """`broker`: the host that the services find it by. Without `admin_uri`, who deploys knows the broker's
    administrator otherwise. Raises OSError, FileBroken.
    """
    private_directory(directory)
    kept(directory / "secret", lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    kept(directory / "founding-token", lambda: secrets.token_urlsafe(32))
    password = kept(directory / "broker-password", lambda: secrets.token_urlsafe(24))
    vhosts = Vhosts.of(account)
    for name, vhost in (("amqp-uri", vhosts.inside), ("border-uri", vhosts.border)):
        readable(directory / name, f"amqp://{account}:{password}@{broker}:{AMQP_PORT}/{quote(vhost)}")
    if admin_uri is not None:
        readable(directory / "broker-admin-uri", admin_uri)
    users = users_of(account, STORING, read_json(directory / "mongo-users.json", _USERS))
    readable(directory / "mongo-users.json", json.dumps(users, indent=2))
    for service, login in users.items():
        readable(directory / f"mongo-user-{service}.json", json.dumps({service: login}))


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text of the file; made when there is none."""
    if not path.exists():
        readable(path, make())
    return read_text(path, path.name)


def readable(path: Path, text: str) -> None:
    write_private(path, text)
    path.chmod(READABLE)
