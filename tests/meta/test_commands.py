"""Who may call a command of a service, and who the route that calls it, are the same people."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from gateway import resources
from gateway.resource import Resource
from gateway.resources import account, agreements, calendars, directory, trusts
from services.common.entrypoints import EVERYONE, SERVICES, Command
from services.common.roles import ADMINISTRATORS, AUDITORS, MAINTAIN_UI_EXTENSIONS, OPERATORS, TRANSFER
from services.notifications.service import NotificationsService
from services.organizations.service import OrganizationsService
from services.reporting.service import ReportingService
from services.requests.service import RequestsService
from services.slas.service import SlasService

AT_THE_BORDER = ("organizations", "slas", "requests")
OWNERS = {
    each.name: each
    for each in (OrganizationsService, SlasService, RequestsService, NotificationsService, ReportingService)
}
MODULES = [
    importlib.import_module(f"{resources.__name__}.{each.name}")
    for each in pkgutil.iter_modules(resources.__path__)
]

#: Called beside those that a resource declares: (service, command, the roles that the route lets in).
BESIDE = [
    ("organizations", "update_account", ADMINISTRATORS),
    ("organizations", "create_token", ()),
    ("organizations", "revoke_token", ()),
    ("organizations", "set_roles", ADMINISTRATORS),
    ("organizations", "shelve_person", account.PEOPLE.writers),
    ("organizations", "group_people", account.PEOPLE.writers),
    ("organizations", "set_password", ()),
    *(("organizations", f"shelve_{kind}", resource.writers) for resource, kind, _ in directory.SHELVED),
    *(
        ("organizations", command, resource.writers)
        for resource, _, links in directory.SHELVED
        for link in links.values()
        for command in (link.add, link.remove)
    ),
    ("organizations", "invite", ADMINISTRATORS),
    ("organizations", "accept_invitation", ADMINISTRATORS),
    *(("organizations", f"{name}_disclosures", ADMINISTRATORS) for name in (*trusts.BEGINNINGS, "trust")),
    ("organizations", "seal_ledger", AUDITORS),
    ("organizations", "renew_credentials", ADMINISTRATORS),
    ("organizations", "rotate_keys", ADMINISTRATORS),
    ("organizations", "begin_import", TRANSFER),
    ("organizations", "add_import_piece", TRANSFER),
    ("organizations", "drop_import", TRANSFER),
    ("organizations", "start_import", TRANSFER),
    ("organizations", "start_export", TRANSFER),
    ("organizations", "revoke_key", ADMINISTRATORS),
    ("organizations", "activate_ui_extension", MAINTAIN_UI_EXTENSIONS),
    ("requests", "add_note", ()),
    *(
        (service, f"{does}_attachment", ())
        for service in ("requests", "organizations")
        for does in ("begin", "write", "finish", "drop")
    ),
    *(("slas", command, agreements.SLAS.writers) for command in agreements.DISCLOSING.values()),
    *(("slas", command, calendars.CALENDARS.writers) for command in calendars.LISTS),
    ("reporting", "start_rebuild", ADMINISTRATORS),
    ("notifications", "mark_inbox_read", ()),
    ("notifications", "remove_watch", ()),
    *((service, "seal_heads", AUDITORS) for service in AT_THE_BORDER),
    *(
        (service, command, OPERATORS)
        for service in AT_THE_BORDER
        for command in ("replay_parked", "discard_parked", "resume_border", "empty_quarantine")
    ),
    *((service, command, OPERATORS) for service in OWNERS for command in ("replay_event", "discard_event")),
]
#: What one service asks of another in a person's name.
BETWEEN_SERVICES = {("slas", "agreement_for")}


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


def commands(service: str) -> dict[str, Command]:
    """The commands of a service, by name."""
    methods = inspect.getmembers(OWNERS[service], inspect.isfunction)
    return {
        name: entrypoint
        for name, method in methods
        for entrypoint in getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())
        if isinstance(entrypoint, Command)
    }


def test_every_command_that_is_open_to_people_is_looked_at() -> None:
    open_to_people = {
        (service, name)
        for service in OWNERS
        for name, command in commands(service).items()
        if command.allowed != SERVICES
    }
    assert len(open_to_people) > 20
    assert open_to_people == {(service, name) for service, name, _ in CALLED} | BETWEEN_SERVICES


@pytest.mark.parametrize(("service", "name", "roles"), CALLED, ids=lambda value: str(value))
def test_a_command_is_open_to_those_whom_its_route_lets_in_and_to_nobody_else(
    service: str, name: str, roles: tuple[str, ...]
) -> None:
    allowed = commands(service)[name].allowed
    # Where everybody may call, the action decides; a route may be narrower.
    assert allowed == (set(roles) or EVERYONE) or allowed == EVERYONE
