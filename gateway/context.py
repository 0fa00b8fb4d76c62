"""What the gateway's views may touch: the account's databases (reading only), its services, its clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from gateway.rate_limits import RateLimits
from gateway.references import Resolver
from gateway.sessions import Sessions
from gateway.tokens import Tokens
from services.common.clock import Clock
from services.common.config import Config
from services.common.context import Caller
from services.federation.queries import SERVICES

Databases = Mapping[str, Database[dict[str, Any]]]


@dataclass(frozen=True)
class GatewayContext:
    """`databases` by service name, with a user who can only read."""

    config: Config
    databases: Databases
    rpc: Caller
    clock: Clock
    tokens: Tokens
    sessions: Sessions
    references: Resolver
    rate_limits: RateLimits

    @property
    def at_the_border(self) -> Databases:
        """The databases of those services that talk to partners."""
        return {name: self.databases[name] for name in SERVICES}
