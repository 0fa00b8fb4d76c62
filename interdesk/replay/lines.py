"""The organization lines of a log as accounts of a federation of their own, set up over the public API.

Each line has its teams and officers as the log names them (an officer is known by country only, and belongs
to all teams of the line), a support team where hand-overs arrive, one service with one service instance, and
an end user for whom cases are registered: on a service instance of the team that begins with them, under an
SLA end to end. Where the plans hand over from one line to another there is a trust and an SLA that covers the
customer's whole account. What is promised is the same everywhere (`terms`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from interdesk.api import Api
from interdesk.local.accounts import AccountSpec
from interdesk.local.local_account import LocalAccount
from interdesk.replay.chain import SUPPORT
from interdesk.replay.names import account_ids
from interdesk.replay.steps import Move, Plan, edges
from interdesk.replay.terms import support_calendar, targets
from interdesk.waiting import wait_for

T = TypeVar("T")

_DEADLINE_SECONDS = 120
# A replay is no abuse; nothing crashes in it that a sweep would have to find; and where the machine is slow,
# waiting for an answer is better than giving up.
_ENVIRON = {
    "INTERDESK_RATE_LIMIT_PER_HOUR": "1000000000",
    "INTERDESK_RATE_LIMIT_BURST": "1000000000",
    "INTERDESK_RPC_TIMEOUT_SECONDS": "35",
    "INTERDESK_SWEEP_SECONDS": "30",
    "INTERDESK_LEASE_SECONDS": "300",
    "INTERDESK_RETRY_MIN_SECONDS": "0.5",
    "INTERDESK_RETRY_MAX_SECONDS": "5",
    "INTERDESK_LOG_LEVEL": "warning",
}


@dataclass(frozen=True)
class Needs:
    """What the plans need of a line: its teams and officers, and the lines that it hands over to.
    `registering`: the teams that begin with a case.
    """

    line: str
    teams: tuple[str, ...]
    members: tuple[str, ...]
    providers: tuple[str, ...]
    registering: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lead:
    """A provider's service instance and support team, by the customer's own ids of them."""

    instance_id: int
    team_id: int


@dataclass
class Line:
    """A line's account, and its own ids of what the plans name. `registers_on`: by team, the service instance
    of the cases that begin with it; hand-overs arrive on `instance_id`.
    """

    name: str
    account: LocalAccount
    teams: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    registers_on: dict[str, int] = field(default_factory=dict)
    requester_id: int = 0
    instance_id: int = 0
    offering_id: int = 0


def needs_of(plans: Sequence[Plan]) -> list[Needs]:
    """For each line that a plan names, in the order of the names."""
    teams: dict[str, set[str]] = {}
    members: dict[str, set[str]] = {}
    registering: dict[str, set[str]] = {}
    for plan in plans:
        for step in plan.steps:
            line, holding = step.path[-1], step.changes.holding
            teams.setdefault(line, set())
            members.setdefault(line, set())
            if holding is not None:
                teams[line].add(holding.team)
            if holding is not None and step.move is Move.REGISTER:
                registering.setdefault(line, set()).add(holding.team)
            if holding is not None and holding.member is not None:
                members[line].add(holding.member)
    pairs = edges(plans)
    for _, provider in pairs:
        teams.setdefault(provider, set())  # one that gave everything back untouched
    return [
        Needs(
            line,
            tuple(sorted(teams[line])),
            tuple(sorted(members.get(line, ()))),
            tuple(sorted(provider for customer, provider in pairs if customer == line)),
            tuple(sorted(registering.get(line, ()))),
        )
        for line in sorted(teams)
    ]


def accounts_for(needs: Iterable[Needs], environ: Mapping[str, str]) -> dict[str, AccountSpec]:
    """By line, the account to run."""
    lines = [each.line for each in needs]
    ids = account_ids(lines)
    return {
        line: AccountSpec(ids[line], line[:120], f"{ids[line]}.example", environ={**_ENVIRON, **environ})
        for line in lines
    }


def set_up(
    needs: Sequence[Needs],
    accounts: Mapping[str, LocalAccount],
    done: Callable[[], None] = lambda: None,
    workers: int = 2,
) -> dict[str, Line]:
    """Makes what the plans need in each line's account (`accounts` by line).

    `done` is called after each of `tasks(needs)` pieces of work. Raises ApiError, TimeoutError.
    """
    lines = {each.line: Line(each.line, accounts[each.line]) for each in needs}
    pairs = [(each.line, provider) for each in needs for provider in each.providers]
    trusts = sorted({(min(pair), max(pair)) for pair in pairs})
    with ThreadPoolExecutor(workers) as pool:
        _each(pool, lambda each: _furnish(lines[each.line], each), needs, done)
        _each(
            pool,
            lambda pair: accounts[pair[0]].connect(accounts[pair[1]], deadline_seconds=_DEADLINE_SECONDS),
            trusts,
            done,
        )
        _each(pool, lambda pair: _agree(lines[pair[0]], lines[pair[1]]), pairs, done)
    return lines


def tasks(needs: Sequence[Needs]) -> int:
    """How many pieces of work the set-up is."""
    pairs = [(each.line, provider) for each in needs for provider in each.providers]
    return len(needs) + len({(min(pair), max(pair)) for pair in pairs}) + len(pairs)


def _each(
    pool: ThreadPoolExecutor, work: Callable[[T], None], items: Iterable[T], done: Callable[[], None]
) -> None:
    for task in [pool.submit(work, item) for item in items]:
        task.result()
        done()


def _furnish(line: Line, needs: Needs) -> None:
    domain = line.account.spec.domain
    with _api(line) as api:
        line.requester_id = _person(api, "End user", f"end-user@{domain}")
        for number, member in enumerate(needs.members, start=1):
            line.members[member] = id = _person(api, member, f"officer-{number}@{domain}")
            api.patch(f"people/{id}/permissions", {"roles": ["specialist"]})
        everybody = [api.get("me")["id"], *line.members.values()]
        for team in (SUPPORT, *needs.teams):
            made = api.post("teams", {"name": team, "member_ids": everybody})
            line.teams[team] = made["id"]
        support = line.teams[SUPPORT]
        service = api.post("services", {"name": "Incidents", "support_team_id": support})
        hours = api.post("calendars", support_calendar())
        offered = {"name": "Incidents", "service_id": service["id"], "status": "available"}
        offering = api.post("service_offerings", {**offered, **targets(hours["id"])})
        in_production = {"service_id": service["id"], "status": "in_production"}

        def instance(name: str, team: str) -> int:
            supported = {"name": name[:128], "support_team_id": line.teams[team]}
            return int(api.post("service_instances", {**in_production, **supported})["id"])

        line.instance_id, line.offering_id = instance("Incidents", SUPPORT), offering["id"]
        for team in needs.registering:
            line.registers_on[team] = instance(f"Incidents at {team}", team)
            api.post("slas", _sla(line, f"End to end from {team}", line.registers_on[team]))


def _api(line: Line) -> Api:
    """While a federation starts on a busy machine, its accounts may take their time."""
    return line.account.api(patience_seconds=_DEADLINE_SECONDS)


def _person(api: Api, name: str, email: str) -> int:
    return int(api.post("people", {"name": name, "primary_email": email})["id"])


def _agree(customer: Line, provider: Line) -> None:
    """The provider's SLA for the customer; the customer waits until it is told."""
    with _api(provider) as theirs, _api(customer) as ours:
        named = theirs.post("organizations", {"name": customer.name[:128]})
        agreement = {"customer_account_id": customer.account.id, "customer_id": named["id"]}
        promised = _sla(provider, f"Incidents for {customer.name}", provider.instance_id)
        theirs.post("slas", {**promised, **agreement})

        def told() -> bool:
            lead = _lead(ours, provider.account.id)
            if lead is not None:
                customer.leads[provider.name] = lead
            return lead is not None

        what = f"{customer.account.id} is offered the service instance of {provider.account.id}"
        wait_for(told, what, _DEADLINE_SECONDS)


def _sla(line: Line, name: str, instance_id: int) -> dict[str, Any]:
    return {
        "name": name[:128],
        "service_instance_id": instance_id,
        "service_offering_id": line.offering_id,
        "coverage": "customer_account",
        "status": "active",
    }


def _lead(api: Api, partner: str) -> Lead | None:
    instances = api.get_all("service_instances", fields="account,support_team", per_page=100)
    for instance in instances:
        if (instance.get("account") or {}).get("id") == partner:
            return Lead(instance["id"], instance["support_team"]["id"])
    return None
