"""The settings of one account, as its services know them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    secret: tuple[bytes, ...] | None = field(default=None, repr=False)
    founding_token_file: Path | None = None
    state_dir: Path | None = None
    gateway_address: str = "127.0.0.1:8000"
    requests_address: str = "127.0.0.1:8001"
    slas_address: str = "127.0.0.1:8002"
    organizations_address: str = "127.0.0.1:8003"
    notifications_address: str = "127.0.0.1:8004"
    reporting_address: str = "127.0.0.1:8005"
    public_url: str | None = None
    proxies: int = 0
    workers: int = 10
    rpc_timeout_seconds: float = 10
    sweep_seconds: float = 5
    lease_seconds: float = 30
    retry_min_seconds: float = 10
    retry_max_seconds: float = 600
    lane_renew_seconds: float = 60
    lane_messages_per_second: int = 100
    catch_up_messages_per_second: int = 100
    agreement_wait_seconds: float = 900
    unreceipted_flag_seconds: float = 86400
    inbox_kept_days: int = 30
    attachment_megabytes: int = 25
    partner_attachment_megabytes: int = 1024
    rate_limit_per_hour: int = 3600
    rate_limit_burst: int = 20
    log_level: str = "info"
    log_format: str = "json"
    crash_at: str | None = None
    clock_file: Path | None = None

    def address(self, service: str) -> str:
        """`host:port` where that service's HTTP listens."""
        return str(getattr(self, f"{service}_address"))

    @property
    def attachment_bytes(self) -> int:
        """How large an attachment may be."""
        return self.attachment_megabytes * 1024 * 1024

    def database_name(self, service: str) -> str:
        return f"interdesk_{self.account}_{service}"

    def changed(self, **values: Any) -> Config:
        """A copy with other values; for tests and tools."""
        return dataclasses.replace(self, **values)
