"""The demo's three accounts, running: widget, its provider gigatera, and globalnet that serves both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from interdesk.demo.data import CASTS
from interdesk.demo.setting import prepare
from interdesk.demo.stand import Stand
from interdesk.local.deployment import LocalDeployment
from tests.stories.observed import sla_with
from tests.stories.sides import Desks, Side, Stands


@pytest.fixture(scope="package")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    directory = tmp_path_factory.mktemp("federation")
    specs = [cast.spec for cast in CASTS]
    with LocalDeployment(directory, specs, processes="account", durable=False) as deployment:
        deployment.up()
        yield deployment


@pytest.fixture(scope="package")
def stands(deployment: LocalDeployment) -> Mapping[str, Stand]:
    """One federation for all stories: every story has requests of its own."""
    return prepare(deployment, lambda _: None)


@pytest.fixture
def desks(stands: Stands) -> Iterator[Desks]:
    desks = Desks(stands)
    yield desks
    desks.close()


@pytest.fixture
def widget(desks: Desks) -> Side:
    """Widget's view of a new request of its end user, in the hands of Ellen of Web Shop Support."""
    stand = desks.stands["widget"]
    made = desks.api("widget", "end_user").post(
        "requests",
        {
            "subject": "The shop is slow",
            "category": "incident",
            "impact": "high",
            "service_instance_id": stand.instance_id,
        },
    )
    side = desks.side("widget", made["id"])
    side.edit(status="accepted")
    return side


@pytest.fixture
def gigatera(desks: Desks, widget: Side) -> Side:
    """Gigatera's view of it, handed over."""
    return desks.given(widget, "gigatera")


@pytest.fixture
def customer(desks: Desks) -> Iterator[None]:
    """Of GigaTera's SLA with Widget: it is again what it was."""
    manager = desks.api("gigatera", "manager")
    sla = sla_with(manager, "widget")
    yield
    manager.patch(f"slas/{sla['id']}", {"customer_id": sla["customer"]["id"]})
