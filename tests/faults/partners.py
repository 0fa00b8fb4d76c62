"""Two accounts that hand requests over to each other, on processes that can be killed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pymongo.database

from interdesk.database_users import database_name
from interdesk.local.accounts import AccountSpec
from interdesk.local.database import Database
from interdesk.local.deployment import LocalDeployment
from interdesk.local.hosting import Mode
from interdesk.local.local_account import LocalAccount
from interdesk.replay.lines import Line, Needs, set_up
from tests.faults.patient import Patient

Stored = pymongo.database.Database[dict[str, Any]]
CUSTOMER, PROVIDER, THIRD = "widget", "gigatera", "globalnet"
TEAM, MEMBER = "Operations", "Olga"
QUIET_SECONDS = 100.0
SETTINGS = {
    "INTERDESK_RATE_LIMIT_PER_HOUR": "1000000000",
    "INTERDESK_RATE_LIMIT_BURST": "1000000000",
    "INTERDESK_RETRY_MIN_SECONDS": "1",
    "INTERDESK_RETRY_MAX_SECONDS": "4",
    "INTERDESK_SWEEP_SECONDS": "1",
    "INTERDESK_LEASE_SECONDS": "5",
    "INTERDESK_LOG_LEVEL": "warning",
}


class Partners:
    """The customer's and the provider's account of a deployment, furnished. `third` has no agreements."""

    def __init__(self, deployment: LocalDeployment, lines: Mapping[str, Line]) -> None:
        self.deployment = deployment
        self.lines = lines
        self.customer, self.provider = lines[CUSTOMER], lines[PROVIDER]
        # Deliveries that a test has had refused on purpose.
        self.known_refusals: set[str] = set()
        self._local = threading.local()
        assert deployment.database is not None
        self.database: Database = deployment.database
        self._documents = self.database.administrator()

    def __getitem__(self, account: str) -> LocalAccount:
        return self.deployment.accounts[account]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.deployment.accounts)

    @property
    def lead(self) -> Any:
        """The provider's service instance and team, as the customer's account names them."""
        return self.customer.leads[PROVIDER]

    def api(self, account: str) -> Patient:
        """The administrator's, who is a specialist too; one for each thread."""
        known: dict[str, Patient] = self._local.__dict__.setdefault("apis", {})
        if account not in known:
            known[account] = Patient(self[account].api())
        return known[account]

    def stored(self, account: str, service: str) -> Stored:
        """A service's database, as the server's administrator sees it."""
        return self._documents.get_database(database_name(account, service))

    def close(self) -> None:
        self._documents.close()


@contextmanager
def partners_up(
    directory: Path,
    *,
    third: bool = False,
    processes: Mode = "service",
    durable: bool = True,
    broker: str = "shared",
    environ: Mapping[str, str] | None = None,
) -> Iterator[Partners]:
    """The accounts up, furnished and agreed; gone afterwards."""
    settings = {**SETTINGS, **(environ or {})}
    ids = (CUSTOMER, PROVIDER, *((THIRD,) if third else ()))
    specs = [AccountSpec(id, id.title(), f"{id}.example", broker=broker, environ=settings) for id in ids]
    needs = [
        Needs(CUSTOMER, (TEAM,), (MEMBER,), (PROVIDER,)),
        Needs(PROVIDER, (TEAM,), (MEMBER,), ()),
    ]
    with LocalDeployment(directory, specs, processes=processes, durable=durable) as deployment:
        partners = Partners(deployment, set_up(needs, deployment.accounts))
        try:
            yield partners
        finally:
            partners.close()
