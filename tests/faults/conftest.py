"""One deployment for all tests of this directory that kill single parts of it, and a logged seed."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator

import pytest

from tests.faults.partners import Partners, partners_up


@pytest.fixture(scope="package")
def seed() -> int:
    """Of all random choices here. FAULTS_SEED repeats a run's."""
    return int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(2**32))


@pytest.fixture(autouse=True)
def _told_seed(seed: int, tell: Callable[[str], None]) -> None:
    tell(f"FAULTS_SEED={seed}")


@pytest.fixture
def choice(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.fixture(scope="package")
def partners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    """Customer, provider and a third account: one broker, a durable database, one process per service."""
    with partners_up(tmp_path_factory.mktemp("partners"), third=True) as up:
        for service in ("slas", "requests", "notifications", "reporting"):
            up["globalnet"].stop(service)
        yield up
