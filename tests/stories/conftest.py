"""The demo's three accounts, running: widget, its provider gigatera, and globalnet that serves both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from interdesk.demo.data import CASTS
from interdesk.demo.setting import Stand, prepare
from interdesk.deployment import LocalDeployment


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    directory = tmp_path_factory.mktemp("federation")
    specs = [cast.spec for cast in CASTS]
    with LocalDeployment(directory, specs, processes="account", durable=False) as deployment:
        deployment.up()
        yield deployment


@pytest.fixture(scope="session")
def stands(deployment: LocalDeployment) -> Mapping[str, Stand]:
    """One federation for all stories: every story has requests of its own."""
    return prepare(deployment, lambda _: None)
