"""Which process runs what."""

from __future__ import annotations

from interdesk.local.hosting import Mode, hosts_of
from interdesk.services import SERVICES


def covered(mode: Mode) -> list[tuple[str, str]]:
    hosts = hosts_of(["widget", "gigatera"], mode)
    return sorted(
        (account, service) for host in hosts for account in host.accounts for service in host.services
    )


def test_every_mode_runs_each_service_of_each_account_exactly_once() -> None:
    everything = sorted((account, service) for account in ("widget", "gigatera") for service in SERVICES)
    assert covered("one") == covered("account") == covered("service") == everything


def test_modes_differ_in_the_number_of_processes() -> None:
    counts = [len(hosts_of(["widget", "gigatera"], mode)) for mode in ("one", "account", "service")]  # type: ignore[arg-type]
    assert counts == [1, 2, 2 * len(SERVICES)]
