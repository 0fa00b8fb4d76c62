"""What the services of an account in one process tell each other: it is brought when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from services.common import bus_json
from tests.integration.gateway.account import Account


def heard(
    account: Account, of: str, collection: str, type: str, by: str, handler: str, order: str = "n"
) -> None:
    """Brings all events of a type, in the order in which they were saved, to a service."""
    rows = [
        row
        for document in account.contexts[of].database[collection].find({})
        for row in document["outbox"]
        if row["type"] == type
    ]
    for row in sorted(rows, key=lambda row: (row["body"]["request_id"], row["body"][order])):
        getattr(account.caller.services[by], handler)(bus_json.decode(bus_json.encode(row["body"])))


def followed(account: Account) -> None:
    """What services tell each other is heard."""
    told = ("requests", "requests", "request.situation_changed", "slas", "situation_changed")
    heard(account, *told)
    heard(account, "slas", "situations", "affected_slas.followed", "requests", "targets_said")
    account.contexts["requests"].copies.fetch("sla")


def noted(account: Account) -> None:
    """The inbox service hears what is said in requests."""
    words = ("requests", "requests", "request.note_added", "notifications", "note_added")
    heard(account, *words, order="note_id")


RECORDED: Final = {
    "requests": ("requests", "request.recorded", "request_recorded"),
    "slas": ("affected_slas", "affected_sla.recorded", "affected_sla_recorded"),
}
"""What is told to reports: by whom, of which collection, and who hears it."""


def recorded(account: Account, *services: str) -> None:
    """The reporting service hears all that was said, the latest first, and some of it twice."""
    for of in services:
        told = said(account, of)
        report(account, of, [*reversed(told), *told[::5]])


def said(account: Account, of: str) -> list[dict[str, Any]]:
    """What a service has said to reports so far."""
    collection, type, _ = RECORDED[of]
    kept = account.contexts[of].database[collection]
    return [row["body"] for each in kept.find({}) for row in each["outbox"] if row["type"] == type]


def report(account: Account, of: str, told: Iterable[dict[str, Any]]) -> None:
    """The reporting service hears this of what a service has said."""
    handler = getattr(account.caller.services["reporting"], RECORDED[of][2])
    for body in told:
        handler(bus_json.decode(bus_json.encode(body)))
