"""Work that goes on while services are killed: requests that cross, agreements and contact cards that change,
trusts that come and go. Each function works until `over` is set, and ends with nothing half done.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from interdesk.api import ApiError
from interdesk.waiting import holds_within
from tests.faults.cases import Case
from tests.faults.partners import CUSTOMER, PROVIDER, QUIET_SECONDS, THIRD, Partners

_NOT_NOW = frozenset({0, 404, 409, 422, 502, 503, 504})


def cases(partners: Partners, prefix: str, played: list[Case]) -> Callable[[threading.Event], None]:
    """One request after the other, each through its whole life."""

    def drive(over: threading.Event) -> None:
        for number in itertools.count():
            if over.is_set():
                return
            case = Case(partners, f"{prefix}{number}")
            played.append(case)
            case.play()

    return drive


def agreements(partners: Partners) -> Callable[[threading.Event], None]:
    """The provider renames its SLA and its support team, the customer its service instance."""

    def drive(over: threading.Event) -> None:
        provider, customer = partners.api(PROVIDER), partners.api(CUSTOMER)
        (sla,) = provider.get("slas")
        team = partners.provider.teams["Operations"]
        instance = partners.customer.instance_id
        for number in itertools.count():
            if over.is_set():
                return
            for api, path in (
                (provider, f"slas/{sla['id']}"),
                (provider, f"teams/{team}"),
                (customer, f"service_instances/{instance}"),
            ):
                name = f"Renamed {number}"
                api.patch(path, {"name": name}, partial(_is, api, path, name))
            over.wait(0.3)

    return drive


def cards(partners: Partners) -> Callable[[threading.Event], None]:
    """The provider changes the contact details of its organization."""

    def drive(over: threading.Event) -> None:
        api = partners.api(PROVIDER)
        path = f"organizations/{api.get('account')['organization']['id']}"
        for number in itertools.count():
            if over.is_set():
                return
            details = [{"label": "desk", "telephone": str(number)}]
            api.patch(path, {"contacts": details}, partial(_reached_by, api, path, details))
            over.wait(1.0)

    return drive


def contacts(partners: Partners, account: str) -> Any:
    """How to reach the provider, as this account knows it."""
    path = "organizations/internal" if account == PROVIDER else "organizations/trusted"
    found = partners.api(account).get(path, fields="contacts,account")
    return [each["contacts"] for each in found if each["contacts"]]


def reading(partners: Partners) -> Callable[[threading.Event], None]:
    """A person of the customer's marks his inbox as read, again and again."""

    def drive(over: threading.Event) -> None:
        while not over.wait(1.0):
            partners.api(CUSTOMER).post("me/my_inbox/mark_read", {})

    return drive


def sla_names(partners: Partners) -> tuple[str, str]:
    """The name of the one SLA at the provider, and at the customer."""
    ours, theirs = (partners.api(account).get("slas") for account in (PROVIDER, CUSTOMER))
    return str(ours[0]["name"]), str(theirs[0]["name"])


def trusts(partners: Partners) -> Callable[[threading.Event], None]:
    """The customer's account and a third one trust each other, and end it, again and again."""

    def drive(over: threading.Event) -> None:
        enders = itertools.cycle((THIRD, CUSTOMER))
        while not over.is_set():
            _connect(partners)
            _end(partners, next(enders))
        _connect(partners)

    return drive


def _connect(partners: Partners) -> None:
    """Invites and accepts until the trust is active: what a crash has cut off is begun anew."""
    for _ in range(20):
        try:
            made = partners.api(CUSTOMER).post("trusts/invite", {"account_id": THIRD})
            partners.api(THIRD).post("trusts/accept", {"invitation": made["invitation"]})
        except ApiError as error:
            if error.status not in _NOT_NOW:
                raise
        if holds_within(lambda: trust_statuses(partners) == ("active", "active"), 6.0):
            return
    raise AssertionError(f"no trust was made in 20 tries: {trust_statuses(partners)}")


def _end(partners: Partners, ender: str) -> None:
    other = CUSTOMER if ender == THIRD else THIRD
    partners.api(ender).patch(
        f"trusts/{other}", {"status": "ended"}, lambda: _status(partners, ender, other) == "ended"
    )
    both = ("ended", "ended")
    assert holds_within(lambda: trust_statuses(partners) == both, QUIET_SECONDS), trust_statuses(partners)


def trust_statuses(partners: Partners) -> tuple[Any, Any]:
    return _status(partners, CUSTOMER, THIRD), _status(partners, THIRD, CUSTOMER)


def _status(partners: Partners, account: str, partner: str) -> str | None:
    trust = partners.api(account).find(f"trusts/{partner}")
    return None if trust is None else str(trust["status"])


def _is(api: Any, path: str, name: str) -> bool:
    return bool(api.get(path)["name"] == name)


def _reached_by(api: Any, path: str, details: Any) -> bool:
    return bool(api.get(path)["contacts"] == details)
