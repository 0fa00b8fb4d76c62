"""The one list of environment variables: names, meanings, bounds, defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.common.config import reading
from services.common.config.settings import SERVICES


@dataclass(frozen=True)
class Variable:
    """One row of the table. `field` is its place in `Config` ('' for tooling that reads it elsewhere).

    A `secret` may also stand in a file, which `<NAME>_FILE` names: what is in an environment is soon shown to
    somebody.
    """

    name: str
    field: str
    read: Callable[[str], Any]
    meaning: str
    required: bool = False
    default: str = ""  # how the document shows it, where Config's own default does not say it
    tooling: bool = False
    secret: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.name}_FILE"

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that say it; one of them at a time."""
        return (self.name, self.file_name) if self.secret else (self.name,)


def _seconds(name: str, low: float, high: float, meaning: str) -> Variable:
    return Variable(f"INTERDESK_{name.upper()}", name, reading.number(low, high), meaning)


def _addresses() -> tuple[Variable, ...]:
    return tuple(
        Variable(
            f"INTERDESK_{service.upper()}_ADDRESS",
            f"{service}_address",
            reading.address,
            f"`host:port` where {'the gateway' if service == 'gateway' else service} serves HTTP: "
            + ("the API, health and metrics" if service == "gateway" else "health and metrics"),
        )
        for service in SERVICES
    )


TABLE: tuple[Variable, ...] = (
    Variable(
        "AMQP_URI",
        "amqp_uri",
        reading.uri("amqp", "amqps"),
        "the broker's inside vhost, with the user for the account's own services",
        required=True,
        secret=True,
    ),
    Variable(
        "MONGO_URI",
        "mongo_uri",
        reading.uri("mongodb", "mongodb+srv"),
        "the database server",
        required=True,
        secret=True,
    ),
    Variable(
        "INTERDESK_ACCOUNT",
        "account",
        reading.matching(reading.ACCOUNT, "2 to 31 small letters, digits and hyphens, a letter first"),
        "the account's id",
        required=True,
    ),
    Variable(
        "INTERDESK_NAME", "name", reading.text, "the account's display name", default="the account's id"
    ),
    Variable(
        "INTERDESK_DOMAIN",
        "domain",
        reading.matching(reading.DOMAIN, "a domain name in small letters"),
        "the account's domain; part of every nodeID",
        required=True,
    ),
    Variable(
        "INTERDESK_MONGO_USERS_FILE",
        "mongo_users",
        reading.mongo_users,
        'JSON file `{"requests": {"user", "password"}, …, "gateway": …}`: each service\'s own database user '
        "(the gateway's can only read)",
        default="the user in `MONGO_URI`",
    ),
    Variable(
        "INTERDESK_BORDER_URI",
        "border_uri",
        reading.uri("amqp", "amqps"),
        "the broker's border vhost, to consume what partners deliver",
        default="no border",
        secret=True,
    ),
    Variable(
        "INTERDESK_BORDER_ADDRESS",
        "border_address",
        reading.border_address,
        "what partners connect to: `amqps://host:port/vhost`, without credentials; "
        "plain `amqp://` on loopback only",
        default="no border",
    ),
    Variable(
        "INTERDESK_BORDER_CA_FILE",
        "border_ca_file",
        reading.file,
        "the certificate authority (PEM) of the border, pinned in invitations",
        default="none",
    ),
    Variable(
        "INTERDESK_BROKER_ADMIN_URI",
        "broker_admin_uri",
        reading.uri("http", "https"),
        "the broker's management HTTP API with a user who may make partners' users (organizations only)",
        default="none",
        secret=True,
    ),
    Variable(
        "INTERDESK_SECRET_FILE",
        "secret",
        reading.secret,
        "file with the account's secret, 32 bytes as base64url: encrypts private keys and "
        "partners' credentials at rest; while it is changed, on a second line the other one that opens them",
        default="none",
    ),
    Variable(
        "INTERDESK_FOUNDING_TOKEN_FILE",
        "founding_token_file",
        reading.path,
        "file with the first administrator's token; read when the account is founded",
        default="none",
    ),
    Variable(
        "INTERDESK_STATE_DIR",
        "state_dir",
        reading.path,
        "directory, apart from the database and its backups, where each service notes how far its database "
        "has come; so one that was restored from a backup is noticed before it speaks to partners",
        default="none",
    ),
    *_addresses(),
    Variable(
        "INTERDESK_PUBLIC_URL",
        "public_url",
        reading.uri("http", "https"),
        "the gateway's address as clients see it; links begin with it",
        default="as the request came",
    ),
    Variable(
        "INTERDESK_PROXIES",
        "proxies",
        reading.integer(0, 10),
        "proxies of yours that a request passes on its way to the gateway, each of which notes in "
        "X-Forwarded-For where it came from: by that the tries to sign in are limited",
    ),
    Variable(
        "INTERDESK_WORKERS", "workers", reading.integer(1, 200), "requests that a service works on at a time"
    ),
    _seconds("rpc_timeout_seconds", 0.1, 300, "how long one service waits for another's answer"),
    _seconds("sweep_seconds", 0.1, 3600, "how often a service looks for what a crash left"),
    _seconds("lease_seconds", 1, 3600, "how long a lease holds after its holder was last seen"),
    _seconds("retry_min_seconds", 0.05, 3600, "the first wait before something is sent to a partner again"),
    _seconds(
        "retry_max_seconds", 0.05, 86400, "the longest wait before something is sent to a partner again"
    ),
    _seconds(
        "lane_renew_seconds", 1, 86400, "how long a partner's lane may be silent before it is taken up anew"
    ),
    Variable(
        "INTERDESK_LANE_MESSAGES_PER_SECOND",
        "lane_messages_per_second",
        reading.integer(1, 100_000),
        "how many messages a service takes from one partner, two seconds' worth at once; the rest waits in "
        "its lane",
    ),
    Variable(
        "INTERDESK_CATCH_UP_MESSAGES_PER_SECOND",
        "catch_up_messages_per_second",
        reading.integer(1, 100_000),
        "how fast a service sends what has gathered while a partner was away, in batches of a hundred",
    ),
    _seconds(
        "agreement_wait_seconds",
        0,
        86400,
        "how long a hand-over waits for an agreement that is not known yet",
    ),
    _seconds("unreceipted_flag_seconds", 0, 2592000, "when a message without a receipt is flagged to people"),
    Variable(
        "INTERDESK_INBOX_KEPT_DAYS",
        "inbox_kept_days",
        reading.integer(1, 3650),
        "how long an entry of an inbox is kept when it is over",
    ),
    Variable(
        "INTERDESK_ATTACHMENT_MEGABYTES",
        "attachment_megabytes",
        reading.integer(1, 100),
        "how large an attachment may be",
    ),
    Variable(
        "INTERDESK_PARTNER_ATTACHMENT_MEGABYTES",
        "partner_attachment_megabytes",
        reading.integer(1, 1_000_000),
        "how much of one partner's attachments a service takes in a day",
    ),
    Variable(
        "INTERDESK_RATE_LIMIT_PER_HOUR",
        "rate_limit_per_hour",
        reading.integer(1, 10**9),
        "API calls per token and hour",
    ),
    Variable(
        "INTERDESK_RATE_LIMIT_BURST",
        "rate_limit_burst",
        reading.integer(1, 10**9),
        "API calls per token in any 2 seconds",
    ),
    Variable(
        "INTERDESK_LOG_LEVEL",
        "log_level",
        reading.one_of("debug", "info", "warning", "error"),
        "`debug`, `info`, `warning` or `error`",
    ),
    Variable("INTERDESK_LOG_FORMAT", "log_format", reading.one_of("json", "text"), "`json` or `text`"),
    Variable(
        "INTERDESK_CRASH_AT",
        "crash_at",
        reading.crash_at,
        "`point` or `point:n`: the process kills itself when it passes that crash point the nth time",
        default="nowhere",
        tooling=True,
    ),
    Variable(
        "INTERDESK_CLOCK_FILE",
        "clock_file",
        reading.clock_file,
        "file that says how far the account's clock is ahead of the computer's, in milliseconds; who writes "
        "it moves the clock, only forward. `interdesk replay --clock log` starts its own accounts with one",
        default="none: nothing moves the clock",
        tooling=True,
    ),
    Variable(
        "INTERDESK_INCIDENT_LOG",
        "",
        reading.text,
        "where tests and `interdesk replay` find the recorded incident log",
        default="none",
        tooling=True,
    ),
)
