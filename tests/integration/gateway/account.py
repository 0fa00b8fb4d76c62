"""An account in one process: the real services over real databases, called by the real gateway.

Only the bus is missing: a command is a call of the service's method, its arguments and result put into the
form in which they would travel. What services tell each other by events is fetched when it is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pymongo import monitoring
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from gateway.app import create_app
from services.common import bus_json
from services.common.actor import Actor
from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.copies import Copies
from services.common.errors import Unavailable
from services.common.parking.commands import EventDesk
from services.common.publishing import Outgoing
from services.notifications import store as notifications_store
from services.notifications.service import HELD as NOTIFICATIONS_HOLD
from services.notifications.service import NotificationsService
from services.organizations import store as organizations_store
from services.organizations.actions import founding
from services.organizations.service import HELD as ORGANIZATIONS_HOLD
from services.organizations.service import OrganizationsService
from services.reporting import store as reporting_store
from services.reporting.service import HELD as REPORTING_HOLDS
from services.reporting.service import ReportingService
from services.requests import store as requests_store
from services.requests.service import HELD as REQUESTS_HOLD
from services.requests.service import RequestsService
from services.slas import store as slas_store
from services.slas.service import _HELD as SLAS_HOLD
from services.slas.service import SlasService

ADMINISTRATOR = "founding-token-of-the-first-administrator"
SERVICES: Mapping[str, tuple[type, Any, dict[str, str]]] = {
    "organizations": (OrganizationsService, organizations_store, dict(ORGANIZATIONS_HOLD)),
    "slas": (SlasService, slas_store, dict.fromkeys(SLAS_HOLD, "organizations")),
    "requests": (RequestsService, requests_store, dict(REQUESTS_HOLD)),
    "notifications": (NotificationsService, notifications_store, dict(NOTIFICATIONS_HOLD)),
    "reporting": (ReportingService, reporting_store, dict(REPORTING_HOLDS)),
}


@dataclass
class InProcess:
    """Calls the services' methods. Those in `silent` do not answer. `calls` counts by service and method.
    `meanwhile` happens once, after the gateway has looked and before the service does.
    """

    services: dict[str, Any] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] | None = None

    def call(
        self, service: str, method: str, actor: Any, /, *args: Any, timeout: float | None = None, **named: Any
    ) -> Any:
        self.calls.append(f"{service}.{method}")
        if service in self.silent:
            raise Unavailable("service_silent", f"{service} did not answer.")
        who = actor.to_wire() if isinstance(actor, Actor) else actor
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        travelled = bus_json.decode(bus_json.encode([who, *args]))
        result = getattr(self.services[service], method)(*travelled, **named)
        return bus_json.decode(bus_json.encode(result))


class NoBus:
    """There is nobody to publish to."""

    def publish(self, *messages: Outgoing) -> None:
        raise Unavailable("broker_silent", "There is no broker here.")


class Asked(monitoring.CommandListener):
    """What is asked of the databases: the collection of each command."""

    def __init__(self) -> None:
        self.collections: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        self.collections.append(str(event.command.get(event.command_name)))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Nothing is to be done."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Nothing is to be done."""


class Client:
    """A person's client: his token on every call."""

    def __init__(self, application: Any, token: str | None, **headers: str) -> None:
        self._client = application.test_client()
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._headers.update({name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = Headers({**self._headers, **options.pop("headers", {})})
        if body is not None:
            options["json"] = body
        return self._client.open(f"/v1/{path}" if path else "/v1", method=method, headers=headers, **options)

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.send("GET", path, query_string=parameters)
        assert response.status_code == 200, response.text
        return json.loads(response.data)

    def post(self, path: str, body: Any, status: int = 201) -> Any:
        response = self.send("POST", path, body)
        assert response.status_code == status, response.text
        return json.loads(response.data)

    def patch(self, path: str, body: Any, status: int = 200) -> Any:
        response = self.send("PATCH", path, body)
        assert response.status_code == status, response.text
        return json.loads(response.data)


@dataclass
class Account:
    """A founded account and its gateway."""

    config: Config
    clock: SteppedClock
    caller: InProcess
    contexts: dict[str, Context]
    application: Any
    asked: Asked

    def client(self, token: str | None = ADMINISTRATOR, **headers: str) -> Client:
        return Client(self.application, token, **headers)

    def person(
        self, name: str, *roles: str, scopes: tuple[str, ...] = ("*",)
    ) -> tuple[dict[str, Any], Client]:
        """A new person with these roles, and his client."""
        administrator = self.client()
        email = f"{name.lower().replace(' ', '.')}@{self.config.domain}"
        person = administrator.post("people", {"name": name, "primary_email": email})
        if roles:
            administrator.patch(f"people/{person['id']}/permissions", {"roles": list(roles)})
        asked = {"name": "test", "person_id": person["id"], "scopes": list(scopes)}
        token = administrator.post("personal_access_tokens", asked)["token"]
        return person, self.client(token)


def found_account(databases: Mapping[str, Any], config: Config, asked: Asked) -> Account:
    """Founds the account of `config` in these empty databases (by service)."""
    clock, caller = SteppedClock(), InProcess()
    contexts = {}
    for name, (service_class, store, owners) in SERVICES.items():
        store.ensure_indexes(databases[name])
        copies = Copies(databases[name], caller, owners, config.account)
        contexts[name] = Context(config, name, databases[name], clock=clock, copies=copies, rpc=caller)
        caller.services[name] = service_class()
        caller.services[name].context = contexts[name]
        caller.services[name].parked_events = EventDesk(contexts[name], NoBus())
    founding.found_account(contexts["organizations"])
    application = create_app(config, databases, caller, clock)
    return Account(config, clock, caller, contexts, application, asked)


def pages(client: Client, path: str, **parameters: Any) -> Iterator[TestResponse]:
    """Every page of a list, by its Link headers."""
    response = client.send("GET", path, query_string=parameters)
    while True:
        assert response.status_code == 200, response.text
        yield response
        following = {
            part.split(";")[1].strip(): part.split(";")[0].strip()[1:-1]
            for part in response.headers.get("Link", "").split(",")
            if part
        }.get('rel="next"')
        if following is None:
            return
        response = client.send("GET", following.split("/v1/", 1)[1])
