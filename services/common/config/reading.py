"""Readers of single values: a text becomes what it means, or a `ValueError` says what it must be."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from services.common import crash
from services.common.clock import clock_of
from services.common.config.settings import SERVICES, MongoUser

ACCOUNT = re.compile(r"^[a-z][a-z0-9-]{1,30}$")
DOMAIN = re.compile(r"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")


def text(raw: str) -> str:
    return raw


def matching(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if not pattern.match(raw):
            raise ValueError(f"must be {wanted}")
        return raw

    return read


def one_of(*values: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return raw

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    def read(raw: str) -> float:
        try:
            value = float(raw)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return read


def integer(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not (raw.isascii() and raw.isdecimal() and low <= int(raw[:18]) <= high):
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return read


def uri(*schemes: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        try:
            parts = urlsplit(raw)
            usable = parts.scheme in schemes and bool(parts.netloc)
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(f"must be a URI that begins with {' or '.join(s + '://' for s in schemes)}")
        return raw

    return read


def border_address(raw: str) -> str:
    uri("amqps", "amqp")(raw)
    parts = urlsplit(raw)
    try:
        usable = bool(parts.hostname) and parts.port is not None and len(parts.path) > 1
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must be amqps://host:port/vhost")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not hold credentials: each partner gets its own")
    if parts.scheme == "amqp" and not _loopback(parts.hostname or ""):
        raise ValueError("must be amqps:// (plain amqp:// is for loopback only)")
    return raw


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def address(raw: str) -> str:
    host, _, port = raw.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535):
        raise ValueError("must be host:port")
    return raw


def file(raw: str) -> Path:
    path = Path(raw)
    if not path.is_file():
        raise ValueError(f"must be a file, and {raw} is none")
    return path


def path(raw: str) -> Path:
    return Path(raw)


def clock_file(raw: str) -> Path:
    path = file(raw)
    clock_of(path)
    return path


def secret(raw: str) -> tuple[bytes, ...]:
    found = tuple(_thirty_two_bytes(line) for line in contents(raw).split())
    if not 1 <= len(found) <= 2:
        raise ValueError("must hold 32 bytes as base64url; while they are changed, two lines of them")
    return found


def _thirty_two_bytes(line: str) -> bytes:
    try:
        found = base64.urlsafe_b64decode(line + "=" * (-len(line) % 4))
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != 32:
        raise ValueError("must hold 32 bytes as base64url, and nothing else on a line")
    return found


def mongo_users(raw: str) -> dict[str, MongoUser]:
    wanted = 'must hold {"<service>": {"user": …, "password": …}, …}'
    try:
        entries = json.loads(contents(raw))
        users = {
            service: MongoUser(str(entry["user"]), str(entry["password"]))
            for service, entry in entries.items()
        }
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(wanted) from error
    if unknown := sorted(set(users) - set(SERVICES)):
        raise ValueError(f"names unknown services {', '.join(unknown)}")
    return users


def contents(raw: str) -> str:
    """The text of the file that is named. Raises ValueError."""
    try:
        return Path(raw).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"must be a file that can be read, and {raw} is none") from error


def crash_at(raw: str) -> str:
    point, _, count = raw.partition(":")
    if point not in crash.NAMES or (":" in raw and not (count.isdecimal() and int(count) > 0)):
        raise ValueError("must be <point> or <point>:<n> of services/common/crash.py")
    return raw
