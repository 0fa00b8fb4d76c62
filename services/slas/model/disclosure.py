"""What an agreement makes visible to whom, so that it is known before it is saved.

Between accounts the announcement is the whole of what the customer's account is told: the lines follow from
it, field by field (`ANNOUNCED`). What the two accounts see of each other's work follows from what is handed
over under the agreement, and is told with it. An agreement that is being prepared shows a partner nothing
yet: its lines say what it will.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.slas.model.announcement import Announcement

# What is said of each record that an announcement names; `{name}` is its name.
ANNOUNCED: Final[Mapping[str, str]] = {
    "sla": 'the SLA "{name}": its status, start, notice and expiry date, kind of coverage, and whether it '
    "asks to be told requesters' targets",
    "service": 'the name of the service "{name}"',
    "service_offering": 'the name of the service offering "{name}"',
    "service_instance": 'the name and status of the service instance "{name}"',
    "flsa": 'the FLSA "{name}": its status, start, notice and expiry date, time zone and targets',
    "support_team": 'the name of the support team "{name}"',
    "first_line_team": 'the name of the first line team "{name}"',
    "service_desk_team": 'the name of the service desk team "{name}"',
    "provider": 'the name of the organization "{name}", and its contact card: picture, addresses, contacts',
    "customer": 'the name by which the organization "{name}" is known there',
    "representatives": "the names of those who are known there as customer representatives: {name}",
}
_CARD: Final = 'the contact card of the organization of "{name}": name, picture, addresses, contacts'
_REPRESENTED: Final = (
    "the requests that it affects, also of other organizations, as their requesters see them: status, "
    "targets, public notes with their files"
)
_HANDED_OVER: Final = (
    "of each request that is handed over: subject, category, impact, who asked, desired completion and "
    "downtime, public notes with their authors and files, and the team and member who handed it over"
)
_REQUESTER_TARGET: Final = (
    "of each request that is handed over: until when its requester expects the resolution"
)
_NAMED: Final = "the names of those whom {customer} chooses to represent it under this SLA"
_OBSERVED: Final = (
    "for those representatives, of each request that the SLA affects and {customer} has not handed over: "
    "subject, category, impact, status, completion reason and times, the name of the person of {customer} it "
    "is for, and public notes with their authors"
)
_WORKED_ON: Final = (
    "of each request that is handed over: status, team and member, completion reason, and public notes with "
    "their authors and files"
)


@dataclass(frozen=True)
class Line:
    """`to` whom, what he `sees`, `of` whose it is; all in words."""

    to: str
    sees: str
    of: str


def between(
    announcement: Announcement, provider: str, customer: str, shared: bool | None = None
) -> list[Line]:
    """What two accounts, called by their names, see of each other by an agreement. `shared`: whether the
    customer shares its requesters' targets; None where only the customer's account knows.
    """
    told = [
        Line(customer, text.format(name=_name(announcement[field])), provider)
        for field, text in ANNOUNCED.items()
        if announcement.get(field)
    ]
    card = Line(provider, _CARD.format(name=customer), customer)
    asked = (announcement.get("sla") or {}).get("asks_requester_target") and shared is not False
    allowed = "" if shared else f", where {customer} allows it"
    return [
        *told,
        card,
        Line(provider, _HANDED_OVER, customer),
        *([Line(provider, _REQUESTER_TARGET + allowed, customer)] if asked else []),
        Line(customer, _WORKED_ON, provider),
        *(_of_representatives(provider, customer) if "sla" in announcement else []),
    ]


def _of_representatives(provider: str, customer: str) -> list[Line]:
    return [
        Line(provider, _NAMED.format(customer=customer), customer),
        Line(customer, _OBSERVED.format(customer=customer), provider),
    ]


def within(account: str, name: str, representatives: Iterable[str], *, requests: bool) -> list[Line]:
    """Who of an account sees an agreement of that name: those who work for it, and the representatives.
    `requests`: it is an SLA, so these see the requests too that it affects.
    """
    agreement = f'the agreement "{name}", all its fields'
    lines = [Line(f"everybody who works for {account}", agreement, account)]
    for each in representatives:
        lines.append(Line(each, agreement, account))
        if requests:
            lines.append(Line(each, _REPRESENTED, account))
    return lines


def _name(named: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> str:
    if isinstance(named, Mapping):
        return str(named["name"])
    return ", ".join(str(each["name"]) for each in named)
