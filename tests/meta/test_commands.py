"""What the gateway asks of a service is there, and open to whom the gateway lets through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from gateway.audiences import ADMINISTRATORS
from gateway.resource import Resource
from gateway.resources import account, agreements, border, directory, requests, trusts
from services.common.actor import ROLES
from services.common.entrypoints import EVERYONE, Command
from services.federation.queries import AUDITORS
from services.organizations.service import OrganizationsService
from services.requests.service import RequestsService
from services.slas.service import SlasService

SERVICES = {each.name: each for each in (OrganizationsService, SlasService, RequestsService)}
MODULES = (account, agreements, border, directory, requests, trusts)

#: Called beside those that a resource declares: (service, command, the roles that the route lets in).
BESIDE = [
    ("organizations", "update_account", ADMINISTRATORS),
    ("organizations", "create_token", ()),
    ("organizations", "revoke_token", ()),
    ("organizations", "set_roles", ADMINISTRATORS),
    ("organizations", "invite", ADMINISTRATORS),
    ("organizations", "accept_invitation", ADMINISTRATORS),
    ("organizations", "seal_ledger", AUDITORS),
    ("organizations", "renew_credentials", ADMINISTRATORS),
    ("organizations", "rotate_keys", ADMINISTRATORS),
    ("organizations", "revoke_key", ADMINISTRATORS),
    ("requests", "add_note", ()),
    *((service, "seal_heads", AUDITORS) for service in SERVICES),
    *(
        (service, command, ADMINISTRATORS)
        for service in SERVICES
        for command in (
            "replay_parked",
            "discard_parked",
            "resume_border",
            "empty_quarantine",
            "replay_event",
            "discard_event",
        )
    ),
]


def called() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    found = {
        id(each): each for module in MODULES for each in vars(module).values() if isinstance(each, Resource)
    }
    for resource in found.values():
        for command in filter(None, (resource.create, resource.update)):
            yield resource.service, command, resource.writers
    for links, writers in (
        (agreements.SLA_LINKS, agreements.SLAS.writers),
        (agreements.SERVICE_INSTANCE_LINKS, agreements.SERVICE_INSTANCES.writers),
    ):
        for link in links.values():
            yield "slas", link.add, writers
            yield "slas", link.remove, writers
    yield from BESIDE


CALLED = sorted(set(called()))


def test_there_are_commands_to_look_at() -> None:
    assert len(CALLED) > 20


@pytest.mark.parametrize(("service", "name", "roles"), CALLED, ids=lambda value: str(value))
def test_a_command_is_open_to_those_whom_its_route_lets_in(
    service: str, name: str, roles: tuple[str, ...]
) -> None:
    method = getattr(SERVICES[service], name)
    (command,) = getattr(method, ENTRYPOINT_EXTENSIONS_ATTR)
    assert isinstance(command, Command)
    if not roles:
        assert command.allowed & EVERYONE
    elif not command.allowed & EVERYONE:
        assert set(roles) <= ROLES
        assert set(roles) <= command.allowed
