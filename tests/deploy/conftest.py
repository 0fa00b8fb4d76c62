"""What is deployed, as the tools read it: docker-compose.yml, and the overlays as kubectl renders them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from interdesk.local.broker import Broker
from interdesk.local.rabbitmq import RabbitMQ
from tests.configs import NAMES

ROOT = Path(__file__).resolve().parents[2]
OVERLAYS = ROOT / "deploy" / "k8s" / "overlays"
IMAGES = ROOT / "deploy" / "images" / "Containerfile"

# The first minor version of kubectl whose kustomize has components.
KNOWS_COMPONENTS = 21
KUBERNETES = "1.32"
"""The version whose schemas count."""

Document = dict[str, Any]
Rendered = Mapping[str, list[Document]]
"""By account, what is applied."""


@pytest.fixture(scope="session")
def compose() -> Document:
    document: Document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="session")
def kubectl() -> Path:
    found = shutil.which("kubectl")
    if found is None:
        pytest.skip("kubectl is not installed: what it would apply was not looked at")
    said = subprocess.run([found, "version", "--client"], capture_output=True, text=True, timeout=60).stdout
    version = re.search(r"v1\.(\d+)", said)
    if version is None or int(version[1]) < KNOWS_COMPONENTS:
        pytest.skip(
            f"kubectl is older than 1.{KNOWS_COMPONENTS}: what it would apply was not looked at. {said}"
        )
    return Path(found)


@pytest.fixture(scope="session")
def rendered(kubectl: Path) -> Rendered:
    """By account, what `kubectl apply -k` would apply."""
    return {overlay.name: rendered_of(overlay) for overlay in sorted(OVERLAYS.iterdir())}


@pytest.fixture(params=sorted(NAMES))
def account(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def rendered_of(overlay: Path) -> list[Document]:
    ran = subprocess.run(["kubectl", "kustomize", overlay], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return [each for each in yaml.safe_load_all(ran.stdout) if each]


@pytest.fixture(scope="session")
def stages() -> Mapping[str, str]:
    """By name, the stages of the image file."""
    parts = re.split(r"(?m)^FROM \S+ AS (\w+)\n", IMAGES.read_text())
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """The account's vhosts are called as others' in these tests, so the broker is not shared with them."""
    with RabbitMQ(tmp_path_factory.mktemp("broker"), dies_with_parent=True).started() as broker:
        yield broker
