"""Makes the demo's data through the public APIs.

Every record carries source and sourceID: doing it again finds what is there and makes what is missing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from interdesk.api import Api, ApiError
from interdesk.demo.data import AGREEMENTS, AROUND_THE_CLOCK, CASTS, ROLES, SOURCE, Cast
from interdesk.demo.stand import DEMO_FILE, Stand, keep, stands_of
from interdesk.local.deployment import LocalDeployment
from interdesk.waiting import wait_for

Record = dict[str, Any]
Report = Callable[[str], None]
T = TypeVar("T")

AGREED_SECONDS = 60.0


def prepare(deployment: LocalDeployment, report: Report) -> dict[str, Stand]:
    """All data of all accounts, and `demo.json`. Raises ApiError, TimeoutError."""
    stands = stands_of(deployment)
    report("people, teams and services of each account")
    _all_at_once(_furnish, stands.values())
    report("trusts between the accounts")
    for provider, customer in AGREEMENTS:
        _trust(stands[customer.id], stands[provider.id])
    report("agreements, and what they cover")
    for provider, customer in AGREEMENTS:
        _register(stands[provider.id], stands[customer.id])
    _all_at_once(_cover, [stands[id] for id in sorted({customer.id for _, customer in AGREEMENTS})])
    keep(deployment.directory / DEMO_FILE, stands)
    return stands


def _all_at_once(make: Callable[[Stand], T], stands: Iterable[Stand]) -> list[T]:
    """Each account's own work at the same time: they wait for different services."""
    listed = list(stands)
    with ThreadPoolExecutor(max_workers=len(listed)) as pool:
        return list(pool.map(make, listed))


def _furnish(stand: Stand) -> None:
    cast = stand.cast
    stand.tokens["admin"] = stand.account.admin_token
    with _api(stand) as api:
        account = api.get("account")
        _describe_organization(api, cast, account["organization"]["id"])
        for role, name in cast.people.items():
            stand.people[role] = _person(api, cast, role, name)
            stand.tokens[role] = _token(stand, api, role)
        for role in stand.tokens:
            _let_sign_in(stand, api, role)
        team = _made(
            api,
            "teams",
            "team",
            name=cast.provided.team,
            member_ids=[stand.people["specialist"]],
            coordinator_id=stand.people["specialist"],
        )
        stand.team_id = team["id"]
        _provide(api, stand)
        if cast is CASTS[0]:
            _end_to_end(api, stand)


def _api(stand: Stand, role: str = "admin") -> Api:
    """While the demo starts on a busy machine, its accounts may take their time."""
    return stand.api(role, patience_seconds=AGREED_SECONDS)


def _describe_organization(api: Api, cast: Cast, id: int) -> None:
    api.patch(
        f"organizations/{id}",
        {
            "picture_uri": cast.picture,
            "contacts": [
                {"label": "service desk", "telephone": cast.telephone},
                {"label": "service desk", "email": f"servicedesk@{cast.domain}"},
            ],
            "addresses": [{"label": "office", "city": cast.city, "country": cast.country}],
        },
    )


def _person(api: Api, cast: Cast, role: str, name: str) -> int:
    person = _made(api, "people", role, name=name, primary_email=cast.email(role))
    if ROLES[role]:
        api.patch(f"people/{person['id']}/permissions", {"roles": list(ROLES[role])})
    return int(person["id"])


def _token(stand: Stand, api: Api, role: str) -> str:
    """The token of an earlier run while it still opens the door, else a new one."""
    if role in stand.tokens:
        try:
            with _api(stand, role) as own:
                own.get("me")
            return stand.tokens[role]
        except ApiError as refused:
            if refused.status != 401:
                raise
    return new_token(api, stand.people[role], f"demo: {role}")


def _let_sign_in(stand: Stand, api: Api, role: str) -> None:
    """With the password of an earlier run, which is set again, or a new one."""
    with _api(stand, role) as own:
        me = own.get("me")
    password = stand.logins.get(role, {}).get("password") or secrets.token_urlsafe(12)
    api.post(f"people/{me['id']}/set_password", {"password": password})
    stand.logins[role] = {"name": me["name"], "email": me["primary_email"], "password": password}


def new_token(api: Api, person_id: int, name: str) -> str:
    """Its characters. When the answer that showed them was lost, they are lost for good: then of another."""
    while True:
        try:
            return str(api.post("personal_access_tokens", {"person_id": person_id, "name": name})["token"])
        except ApiError as refused:
            if refused.code != "shown_once":
                raise


def _provide(api: Api, stand: Stand) -> None:
    provided = stand.cast.provided
    service = _made(api, "services", "service", name=provided.service, support_team_id=stand.team_id)
    instance = _made(
        api,
        "service_instances",
        "instance",
        name=provided.instance,
        service_id=service["id"],
        support_team_id=stand.team_id,
    )
    calendar = _made(
        api,
        "calendars",
        "calendar",
        name="Around the clock",
        calendar_hours=AROUND_THE_CLOCK,
    )
    offering = _made(
        api,
        "service_offerings",
        "offering",
        name=provided.offering,
        service_id=service["id"],
        status="available",
        service_hours_id=calendar["id"],
        **{f"support_hours_{impact}_id": calendar["id"] for impact in ("high", "top")},
        **{f"response_target_{impact}": provided.response_minutes for impact in ("high", "top")},
        **{f"resolution_target_{impact}": provided.resolution_minutes for impact in ("high", "top")},
    )
    stand.instance_id, stand.offering_id = instance["id"], offering["id"]


def _end_to_end(api: Api, stand: Stand) -> None:
    """The SLA that the account gives its own business."""
    _made(
        api,
        "slas",
        "end-to-end",
        name=f"{stand.cast.provided.instance} for the business",
        service_instance_id=stand.instance_id,
        service_offering_id=stand.offering_id,
        coverage="customer_account",
        status="active",
        customer_representative_ids=[stand.people["representative"]],
    )


def _trust(ours: Stand, theirs: Stand) -> None:
    with _api(ours) as api:
        trusts = {trust["id"]: trust["status"] for trust in api.get("trusts")}
    if trusts.get(theirs.cast.id) != "active":
        ours.account.connect(theirs.account)


def _register(provider: Stand, customer: Stand) -> None:
    """The provider's service level manager registers the SLA; it announces itself."""
    name = customer.cast.name
    with _api(provider, "manager") as api:
        _made(
            api,
            "slas",
            f"for {customer.cast.id}",
            name=f"{provider.cast.provided.instance} for {name}",
            service_instance_id=provider.instance_id,
            service_offering_id=provider.offering_id,
            customer_account_id=customer.cast.id,
            coverage="service_instances",
            status="active",
        )


def _cover(customer: Stand) -> None:
    """The customer's service level manager says which of its service instances each partner's SLA covers."""
    providers = [provider.id for provider, served in AGREEMENTS if served is customer.cast]
    with _api(customer, "manager") as api:
        slas = {
            provider: _awaited(
                lambda provider=provider: _sla_of(api, provider),  # type: ignore[misc]
                f"{customer.cast.id} knows of the SLA of {provider}",
            )
            for provider in providers
        }
        for provider, sla in slas.items():
            choice = {
                "service_instance_ids": [customer.instance_id],
                "customer_representative_ids": [customer.people["representative"]],
            }
            api.patch(f"slas/{sla['id']}", choice)
            customer.providers[provider] = sla["service_instance"]["id"]


def _sla_of(api: Api, provider: str) -> Record | None:
    shown = "name,status,account,service_instance"
    for sla in api.get_all("slas", fields=shown, status="active"):
        if (sla.get("account") or {}).get("id") == provider:
            found: Record = sla
            return found
    return None


def _awaited(look: Callable[[], Record | None], what: str) -> Record:
    found: list[Record] = []

    def there() -> bool:
        record = look()
        found[:] = [] if record is None else [record]
        return bool(found)

    wait_for(there, what, AGREED_SECONDS)
    return found[0]


def _made(api: Api, path: str, key: str, **fields: Any) -> Record:
    """The record with this key, made now or by an earlier run."""
    made: Record = api.post(path, {**fields, "source": SOURCE, "sourceID": key})
    return made
