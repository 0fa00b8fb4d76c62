"""More processes of services that run already, beside those of the deployment: as a cluster runs each service
several times. Each has a port of its own, and all else in common with the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import requests

from interdesk.local.hosting import Host, Hosting
from interdesk.local.ports import free_ports
from interdesk.waiting import holds_within
from tests.faults.partners import QUIET_SECONDS, Partners


@dataclass(frozen=True)
class Replica:
    """One more process of `service`."""

    service: str
    host: Host
    address: str

    def ready(self) -> bool:
        try:
            return requests.get(f"http://{self.address}/readyz", timeout=5).ok
        except requests.RequestException:
            return False


class Replicas:
    """Of services of one account. What is started is killed at the end."""

    def __init__(self, partners: Partners, account: str, hosting: Hosting, more: list[Replica]) -> None:
        self._account = partners[account]
        self._hosting = hosting
        self.more = more

    def of(self, service: str) -> list[Replica]:
        """Those beside the deployment's own."""
        return [each for each in self.more if each.service == service]

    def start(self, *replicas: Replica) -> None:
        """Without waiting for them."""
        for each in replicas:
            variable = f"INTERDESK_{each.service.upper()}_ADDRESS"
            self._hosting.start(each.host, {variable: each.address})

    def kill(self, *replicas: Replica) -> None:
        self._hosting.kill(each.host for each in replicas)

    def stop(self, *replicas: Replica) -> int:
        """As a deploy does, by SIGTERM. Gives how many did not end by themselves."""
        return len(self._hosting.stop(each.host for each in replicas))

    def await_ready(self) -> None:
        """Those that were started."""
        for each in self.more:
            if self._hosting.alive(each.host):
                assert holds_within(each.ready, QUIET_SECONDS, 0.3), f"{each.host.name} is not ready"

    def metric(self, service: str, name: str, **labels: str) -> dict[str, float]:
        """By address, the sum of a metric's series with these labels at every process of the service."""
        own = [self._account.addresses[service]] if service in self._account.processes else []
        found = {}
        for address in (*own, *(each.address for each in self.of(service) if self._hosting.alive(each.host))):
            text = requests.get(f"http://{address}/metrics", timeout=10).text
            found[address] = _sum(text, name, labels)
        return found


@contextmanager
def replicas_of(partners: Partners, account: str, number: Mapping[str, int]) -> Iterator[Replicas]:
    """`number`: how many more of each service there may be. None is started yet."""
    directory = partners.deployment.directory
    beside = directory / f"beside-{account}-{'-'.join(sorted(number))}"
    beside.mkdir()
    (beside / "accounts").symlink_to(directory / "accounts")
    names = [(service, n) for service, count in number.items() for n in range(2, 2 + count)]
    more = [
        Replica(service, Host(f"{account}/{service}/{n}", (account,), (service,)), f"127.0.0.1:{port}")
        for (service, n), port in zip(names, free_ports(len(names)), strict=True)
    ]
    hosting = Hosting(beside, [each.host for each in more], dies_with_parent=True)
    try:
        yield Replicas(partners, account, hosting, more)
    finally:
        hosting.kill(each.host for each in more)


def _sum(text: str, name: str, labels: Mapping[str, str]) -> float:
    series = (line for line in text.splitlines() if line.startswith(f"{name}{{"))
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(float(line.rpartition(" ")[2]) for line in series if all(each in line for each in wanted))
