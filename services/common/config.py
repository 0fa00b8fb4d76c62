"""The configuration of one account's service, read once from the environment.

`TABLE` is the one list of variables: names, meanings, bounds, defaults. `load` turns an environment into a
`Config` and reports every problem at once; an INTERDESK_ variable that is not in the table is a problem too,
so that a misspelt one is not silently ignored. docs/configuration.md is written from the table (`document()`;
a test holds it true).
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from services.common import crash
from services.common.errors import ConfigError

ACCOUNT = re.compile(r"^[a-z][a-z0-9-]{1,30}$")
DOMAIN = re.compile(r"^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
SERVICES = ("gateway", "requests", "slas", "organizations", "notifications", "reporting")


@dataclass(frozen=True)
class MongoUser:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Config:
    """One account's settings. Secrets do not appear in its `repr`."""

    account: str
    domain: str
    amqp_uri: str = field(repr=False)
    mongo_uri: str = field(repr=False)
    name: str = ""
    mongo_users: Mapping[str, MongoUser] = field(default_factory=dict, repr=False)
    border_uri: str | None = field(default=None, repr=False)
    border_address: str | None = None
    border_ca_file: Path | None = None
    broker_admin_uri: str | None = field(default=None, repr=False)
    secret: bytes | None = field(default=None, repr=False)
    founding_token_file: Path | None = None
    gateway_address: str = "127.0.0.1:8000"
    requests_address: str = "127.0.0.1:8001"
    slas_address: str = "127.0.0.1:8002"
    organizations_address: str = "127.0.0.1:8003"
    notifications_address: str = "127.0.0.1:8004"
    reporting_address: str = "127.0.0.1:8005"
    public_url: str | None = None
    workers: int = 10
    rpc_timeout_seconds: float = 10
    sweep_seconds: float = 5
    lease_seconds: float = 30
    retry_min_seconds: float = 10
    retry_max_seconds: float = 600
    agreement_wait_seconds: float = 900
    unreceipted_flag_seconds: float = 86400
    rate_limit_per_hour: int = 3600
    rate_limit_burst: int = 20
    log_level: str = "info"
    log_format: str = "json"
    crash_at: str | None = None

    def address(self, service: str) -> str:
        """`host:port` where that service's HTTP listens."""
        return str(getattr(self, f"{service}_address"))

    def database_name(self, service: str) -> str:
        return f"interdesk_{self.account}_{service}"

    def changed(self, **values: Any) -> Config:
        """A copy with other values; for tests and tools."""
        return dataclasses.replace(self, **values)


def _text(raw: str) -> str:
    return raw


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if not pattern.match(raw):
            raise ValueError(f"must be {wanted}")
        return raw

    return read


def _one_of(*values: str) -> Callable[[str], str]:
    def read(raw: str) -> str:
        if raw not in values:
            raise ValueError(f"must be one of {', '.join(values)}")
        return raw

    return read


def _number(low: float, high: float) -> Callable[[str], float]:
    def read(raw: str) -> float:
        try:
            value = float(raw)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return read


def _integer(low: int, high: int) -> Callable[[str], int]:
    def read(raw: str) -> int:
        if not (raw.isascii() and raw.isdecimal() and low <= int(raw[:18]) <= high):
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return read


def _uri(*schemes: str) -> Callable[[str], str]:
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


def _border_address(raw: str) -> str:
    _uri("amqps", "amqp")(raw)
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


def _address(raw: str) -> str:
    host, _, port = raw.rpartition(":")
    if not host or not (port.isascii() and port.isdecimal() and 1 <= int(port[:6]) <= 65535):
        raise ValueError("must be host:port")
    return raw


def _file(raw: str) -> Path:
    path = Path(raw)
    if not path.is_file():
        raise ValueError(f"must be a file, and {raw} is none")
    return path


def _path(raw: str) -> Path:
    return Path(raw)


def _secret(raw: str) -> bytes:
    text = _contents(raw).strip()
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != 32:
        raise ValueError("must hold 32 bytes as base64url")
    return secret


def _mongo_users(raw: str) -> dict[str, MongoUser]:
    wanted = 'must hold {"<service>": {"user": …, "password": …}, …}'
    try:
        entries = json.loads(_contents(raw))
        users = {
            service: MongoUser(str(entry["user"]), str(entry["password"]))
            for service, entry in entries.items()
        }
    except (AttributeError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(wanted) from error
    if unknown := sorted(set(users) - set(SERVICES)):
        raise ValueError(f"names unknown services {', '.join(unknown)}")
    return users


def _contents(raw: str) -> str:
    try:
        return Path(raw).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"must be a file that can be read, and {raw} is none") from error


def _crash_at(raw: str) -> str:
    point, _, count = raw.partition(":")
    if point not in crash.NAMES or (":" in raw and not (count.isdecimal() and int(count) > 0)):
        raise ValueError("must be <point> or <point>:<n> of services/common/crash.py")
    return raw


@dataclass(frozen=True)
class Variable:
    """One row of the table. `field` is its place in `Config` ('' for tooling that reads it elsewhere)."""

    name: str
    field: str
    read: Callable[[str], Any]
    meaning: str
    required: bool = False
    default: str = ""  # how the document shows it, where Config's own default does not say it
    tooling: bool = False


def _seconds(name: str, low: float, high: float, meaning: str) -> Variable:
    return Variable(f"INTERDESK_{name.upper()}", name, _number(low, high), meaning)


def _addresses() -> tuple[Variable, ...]:
    return tuple(
        Variable(
            f"INTERDESK_{service.upper()}_ADDRESS",
            f"{service}_address",
            _address,
            f"`host:port` where {'the gateway' if service == 'gateway' else service} serves HTTP: "
            + ("the API, health and metrics" if service == "gateway" else "health and metrics"),
        )
        for service in SERVICES
    )


TABLE: tuple[Variable, ...] = (
    Variable(
        "AMQP_URI",
        "amqp_uri",
        _uri("amqp", "amqps"),
        "the broker's inside vhost, with the user for the account's own services",
        required=True,
    ),
    Variable(
        "MONGO_URI",
        "mongo_uri",
        _uri("mongodb", "mongodb+srv"),
        "the database server",
        required=True,
    ),
    Variable(
        "INTERDESK_ACCOUNT",
        "account",
        _matching(ACCOUNT, "2 to 31 small letters, digits and hyphens, a letter first"),
        "the account's id",
        required=True,
    ),
    Variable("INTERDESK_NAME", "name", _text, "the account's display name", default="the account's id"),
    Variable(
        "INTERDESK_DOMAIN",
        "domain",
        _matching(DOMAIN, "a domain name in small letters"),
        "the account's domain; part of every nodeID",
        required=True,
    ),
    Variable(
        "INTERDESK_MONGO_USERS_FILE",
        "mongo_users",
        _mongo_users,
        'JSON file `{"requests": {"user", "password"}, …, "gateway": …}`: each service\'s own database user '
        "(the gateway's can only read)",
        default="the user in `MONGO_URI`",
    ),
    Variable(
        "INTERDESK_BORDER_URI",
        "border_uri",
        _uri("amqp", "amqps"),
        "the broker's border vhost, to consume what partners deliver",
        default="no border",
    ),
    Variable(
        "INTERDESK_BORDER_ADDRESS",
        "border_address",
        _border_address,
        "what partners connect to: `amqps://host:port/vhost`, without credentials; "
        "plain `amqp://` on loopback only",
        default="no border",
    ),
    Variable(
        "INTERDESK_BORDER_CA_FILE",
        "border_ca_file",
        _file,
        "the certificate authority (PEM) of the border, pinned in invitations",
        default="none",
    ),
    Variable(
        "INTERDESK_BROKER_ADMIN_URI",
        "broker_admin_uri",
        _uri("http", "https"),
        "the broker's management HTTP API with a user who may make partners' users (organizations only)",
        default="none",
    ),
    Variable(
        "INTERDESK_SECRET_FILE",
        "secret",
        _secret,
        "file with the account's secret, 32 bytes as base64url: encrypts private keys and "
        "partners' credentials at rest",
        default="none",
    ),
    Variable(
        "INTERDESK_FOUNDING_TOKEN_FILE",
        "founding_token_file",
        _path,
        "file with the first administrator's token; read when the account is founded",
        default="none",
    ),
    *_addresses(),
    Variable(
        "INTERDESK_PUBLIC_URL",
        "public_url",
        _uri("http", "https"),
        "the gateway's address as clients see it; links begin with it",
        default="as the request came",
    ),
    Variable("INTERDESK_WORKERS", "workers", _integer(1, 200), "requests that a service works on at a time"),
    _seconds("rpc_timeout_seconds", 0.1, 300, "how long one service waits for another's answer"),
    _seconds("sweep_seconds", 0.1, 3600, "how often a service looks for what a crash left"),
    _seconds("lease_seconds", 1, 3600, "how long a lease holds after its holder was last seen"),
    _seconds("retry_min_seconds", 0.05, 3600, "the first wait before something is sent to a partner again"),
    _seconds(
        "retry_max_seconds", 0.05, 86400, "the longest wait before something is sent to a partner again"
    ),
    _seconds(
        "agreement_wait_seconds",
        0,
        86400,
        "how long a hand-over waits for an agreement that is not known yet",
    ),
    _seconds("unreceipted_flag_seconds", 0, 2592000, "when a message without a receipt is flagged to people"),
    Variable(
        "INTERDESK_RATE_LIMIT_PER_HOUR",
        "rate_limit_per_hour",
        _integer(1, 10**9),
        "API calls per token and hour",
    ),
    Variable(
        "INTERDESK_RATE_LIMIT_BURST",
        "rate_limit_burst",
        _integer(1, 10**9),
        "API calls per token in any 2 seconds",
    ),
    Variable(
        "INTERDESK_LOG_LEVEL",
        "log_level",
        _one_of("debug", "info", "warning", "error"),
        "`debug`, `info`, `warning` or `error`",
    ),
    Variable("INTERDESK_LOG_FORMAT", "log_format", _one_of("json", "text"), "`json` or `text`"),
    Variable(
        "INTERDESK_CRASH_AT",
        "crash_at",
        _crash_at,
        "`point` or `point:n`: the process kills itself when it passes that crash point the nth time",
        default="nowhere",
        tooling=True,
    ),
    Variable(
        "INTERDESK_INCIDENT_LOG",
        "",
        _text,
        "where tests and `interdesk replay` find the recorded incident log",
        default="none",
        tooling=True,
    ),
)


def load(environ: Mapping[str, str]) -> Config:
    """The configuration in `environ`. Raises `ConfigError` that names every problem at once."""
    problems: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for variable in TABLE:
        raw = environ.get(variable.name, "")
        if not raw:
            if variable.required:
                problems.append((variable.name, f"is missing: {variable.meaning}"))
            continue
        try:
            value = variable.read(raw)
        except ValueError as error:
            problems.append((variable.name, str(error)))
            continue
        if variable.field:
            values[variable.field] = value
    known = {variable.name for variable in TABLE}
    problems += [
        (name, "is not a setting of Interdesk; see docs/configuration.md")
        for name in sorted(environ)
        if name.startswith("INTERDESK_") and name not in known
    ]
    defaults = {spec.name: spec.default for spec in dataclasses.fields(Config)}
    low = values.get("retry_min_seconds", defaults["retry_min_seconds"])
    if low > values.get("retry_max_seconds", defaults["retry_max_seconds"]):
        problems.append(("INTERDESK_RETRY_MAX_SECONDS", f"must not be below the first wait, {low:g} seconds"))
    if problems:
        listed = "".join(f"\n  {name} {text}" for name, text in problems)
        raise ConfigError(message=f"The configuration is wrong:{listed}", errors=problems)
    values.setdefault("name", values["account"])
    return Config(**values)


def document() -> str:
    """docs/configuration.md, from the table."""
    rows = "\n".join(
        f"| `{variable.name}` | {_shown_default(variable)} | {variable.meaning}"
        f"{' *(tooling only)*' if variable.tooling else ''} |"
        for variable in TABLE
    )
    return _DOCUMENT.format(rows=rows)


def _shown_default(variable: Variable) -> str:
    if variable.required:
        return "**required**"
    if variable.default:
        return variable.default
    spec = next(spec for spec in dataclasses.fields(Config) if spec.name == variable.field)
    return f"`{spec.default}`"


_DOCUMENT = """\
# Configuration

A service reads its settings from the environment, once, when it starts. It starts only when all of them are
right; else it lists every problem and ends. An `INTERDESK_` variable that is not in this table is a problem
too. Units are in the names. Variables marked *tooling only* are for tests and tools, never for an account in
use.

This page is written from the table in `services/common/config.py`
(`python -m services.common.config > docs/configuration.md`).

| variable | default | meaning |
|---|---|---|
{rows}
"""


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201
