"""The sides of a story: each account's view of one request, over its public API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from interdesk.api import Api
from interdesk.demo.stand import Stand
from tests.waiting import wait_until

Record = dict[str, Any]
Stands = Mapping[str, Stand]


@dataclass
class Side:
    """One account's view of the request of a story."""

    stand: Stand
    api: Api
    id: int

    def see(self) -> Record:
        found: Record = self.api.get(f"requests/{self.id}")
        return found

    def edit(self, **changes: Any) -> None:
        self.api.patch(f"requests/{self.id}", changes)

    def listed(self, name: str) -> list[Record]:
        fields = "status,completion_reason,completed_at,team,member"
        found: list[Record] = self.api.get(f"requests/{name}", id=self.id, fields=fields)
        return found

    def notes(self) -> list[Record]:
        found: list[Record] = self.api.get(f"requests/{self.id}/notes")
        return found

    def told(self, *reasons: str) -> None:
        """Waits until the person's inbox has just these entries about the request."""
        wait_until(lambda: [each["reason"] for each in self.inbox()] == list(reasons))

    def inbox(self) -> list[Record]:
        found: list[Record] = self.api.get("me/my_inbox", request=self.id)
        return found

    def affected(self) -> Record:
        """The affected SLA of this account."""
        (found,) = self.api.get(f"requests/{self.id}/affected_slas", fields="*")
        affected: Record = found
        return affected

    def holders(self) -> list[str]:
        """The accounts that have had it, as this account was told, in their order."""
        periods = self.api.get(f"requests/{self.id}/timeline/periods", sort="id", per_page=100)
        return [account for account, _ in groupby(each["account"]["id"] for each in periods)]

    def clocked(self, condition: Callable[[Record], bool]) -> Record:
        """Waits until the affected SLA looks so here."""
        wait_until(lambda: len(self.api.get(f"requests/{self.id}/affected_slas")) == 1)
        wait_until(lambda: condition(self.affected()))
        return self.affected()

    def sees(self, condition: Callable[[Record], bool]) -> Record:
        """Waits until the request looks so here."""
        wait_until(lambda: condition(self.see()))
        return self.see()


class Desks:
    """Opens the APIs of the accounts in a story."""

    def __init__(self, stands: Stands) -> None:
        self.stands = stands
        self._opened: list[Api] = []

    def api(self, account: str, role: str = "specialist") -> Api:
        api = self.stands[account].api(role)
        self._opened.append(api)
        return api

    def side(self, account: str, id: int) -> Side:
        return Side(self.stands[account], self.api(account), id)

    def given(self, side: Side, provider: str) -> Side:
        """Hands the request over to a provider; the provider's side of it."""
        side.edit(service_instance_id=side.stand.providers[provider])

        def taken() -> int | None:
            for each in side.api.get(f"handovers/{side.id}")["providers"]:
                if each["account"]["id"] == provider and each["remote_request_id"]:
                    return int(each["remote_request_id"])
            return None

        wait_until(lambda: taken() is not None)
        id = taken()
        assert id is not None
        return self.side(provider, id)

    def close(self) -> None:
        for api in self._opened:
            api.close()
