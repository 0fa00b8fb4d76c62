"""An account over its public API, and a second implementation of its protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from interdesk.api import Api
from interdesk.replay.lines import Line
from tests.wire.second.requests import Request
from tests.wire.second_partner import SecondPartner


@dataclass
class Pair:
    """The account, over its public API, and the second partner."""

    line: Line
    api: Api
    second: SecondPartner

    def lead(self) -> dict[str, Any] | None:
        """The second partner's service instance, as the account has it."""
        instances = self.api.get_all("service_instances", fields="account,support_team", per_page=100)
        theirs = (each for each in instances if _account_of(each) == self.second.account)
        return next(theirs, None)

    def offered(self) -> dict[str, Any]:
        lead = self.lead()
        assert lead is not None
        return lead

    def hand_over(self, subject: str) -> tuple[int, Request]:
        """A request of the account, with the second partner: the account's id of it, and what arrived."""
        new = {"subject": subject, "category": "incident", "impact": "low", "note": f"{subject}: since noon."}
        here = self.api.post("requests", {**new, "service_instance_id": self.line.instance_id})["id"]
        self.api.patch(f"requests/{here}", {"service_instance_id": self.offered()["id"]})
        found: list[Request] = []

        def arrived() -> bool:
            found[:] = [each for each in self.second.requests.values() if each.core["subject"] == subject]
            return bool(found)

        self.second.run(arrived)
        return int(here), found[0]

    def shows(self, id: int, **fields: Any) -> Callable[[], bool]:
        """Whether the account's request is so."""

        def so() -> bool:
            request = self.api.get(f"requests/{id}")
            return all(request[name] == value for name, value in fields.items())

        return so

    def turn(self, id: int) -> str:
        return str(self.api.get(f"handovers/{id}")["providers"][0]["turn"])

    def texts(self, id: int) -> set[str]:
        return {note["text"] for note in self.api.get(f"requests/{id}/notes", per_page=100)}

    def files(self, id: int) -> list[dict[str, Any]]:
        """All that its notes have."""
        notes = self.api.get(f"requests/{id}/notes", per_page=100, fields="attachments")
        return [file for note in notes for file in note["attachments"]]

    def card(self) -> dict[str, Any] | None:
        """What the account shows of the second partner's organization, when its card is there."""
        shown = self.api.get_all("organizations/trusted", fields="name,account,contacts", per_page=100)
        theirs = (each for each in shown if _account_of(each) == self.second.account and each["contacts"])
        found = next(theirs, None)
        return found and {"name": found["name"], "telephone": found["contacts"][0]["telephone"]}

    def deliveries(self, **filters: str) -> list[dict[str, Any]]:
        return list(self.api.get_all("deliveries", partner=self.second.account, per_page=100, **filters))

    def parked(self) -> list[dict[str, Any]]:
        parked = self.api.get("parked_messages", fields="partner,code,type,thread")
        return [each for each in parked if each["partner"] == self.second.account]

    def settles(self) -> None:
        """Everything that either said has its final receipt, all of it is accepted, nothing is left over."""

        def quiet() -> bool:
            said = [one for thread in self.second.threads.values() for one in thread.sent.values()]
            return all(one.final for one in said) and not self.deliveries(state="queued,sent,held")

        self.second.run(quiet)
        assert self.second.quarantine == []
        assert self.second.paused == {}
        assert self.second.refusals == []
        assert [thread.parked for thread in self.second.threads.values() if thread.parked] == []
        assert self.parked() == []
        assert self.deliveries(state="refused") == []


def _account_of(record: Mapping[str, Any]) -> str | None:
    return (record.get("account") or {}).get("id")


def agreement(line: Line, api: Api, account: str) -> dict[str, Any]:
    """An SLA of the account's for all of another one."""
    return {
        "name": f"For {account}",
        "service_instance_id": line.instance_id,
        "service_offering_id": line.offering_id,
        "customer_account_id": account,
        "customer_id": api.post("organizations", {"name": account})["id"],
        "coverage": "customer_account",
        "status": "active",
    }
