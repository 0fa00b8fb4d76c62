"""An account of docker-compose.yml comes up by what stands there and in the image file (composed.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from tests.deploy.composed import ACCOUNT, Composed, comes_up_and_goes_down, forget, hosts_on
from tests.deploy.conftest import Document


@pytest.fixture
def composed(
    compose: Document, stages: Mapping[str, str], own_broker: Broker, database: Database, tmp_path: Path
) -> Iterator[Composed]:
    yield Composed(compose, stages, tmp_path, hosts_on(tmp_path, own_broker, database))
    forget(database)


def test_an_account_of_the_compose_file_comes_up_and_goes_down(composed: Composed, tmp_path: Path) -> None:
    token = (tmp_path / ACCOUNT / "founding-token").read_text()
    comes_up_and_goes_down(composed, token, tmp_path)


def test_preparing_says_what_is_missing(composed: Composed) -> None:
    del composed.services["prepare"]["environment"]["INTERDESK_BROKER_ADMIN_URI_FILE"]
    refused = composed.prepare()
    assert refused.returncode == 1
    assert "INTERDESK_BROKER_ADMIN_URI" in refused.stderr
