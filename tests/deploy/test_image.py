"""The image is built and started by the steps of deploy/images/Containerfile, without containers: in a clean
directory, of what .dockerignore lets in, as an ordinary user, and on files that nothing is written to.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from interdesk.local.broker import Broker
from interdesk.local.database import Database
from tests.deploy.composed import ACCOUNT, Composed, comes_up_and_goes_down, forget, hosts_on
from tests.deploy.conftest import ROOT, Document

LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
OF_THE_IMAGE = 10001
# What pip says where there is no index of packages.
NO_INDEX = re.compile(r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ProxyError")
# Of this machine: how an index is reached.
REACHING = re.compile(r"(?i)(pip_(cert|index_url|extra_index_url|find_links|trusted_host)|\w+_proxy)$")


def steps(stage: str) -> Iterator[tuple[str, str]]:
    """(instruction, what it is given) of a stage."""
    for line in re.sub(r"\\\n\s*", "", stage).splitlines():
        if line and not line.startswith("#"):
            instruction, _, given = line.partition(" ")
            yield instruction, given


class Machine:
    """A directory that stands for a file system with nothing but Python, and a user of it."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.user, python = ordinary()
        self.environ = {name: value for name, value in os.environ.items() if REACHING.fullmatch(name)}
        self.environ |= {"PATH": f"{self.path('/bin')}:/usr/bin:/bin", "HOME": str(self.path("/home"))}
        self.directory = here
        for name in ("/bin", "/home", "/opt"):
            self.path(name).mkdir()
        self.path("/bin/python").symlink_to(python)

    def path(self, there: str) -> Path:
        return self.here / there.lstrip("/")

    def build(self, stage: str) -> None:
        """Skips the test where there is no index of packages."""
        for instruction, given in steps(stage):
            if instruction == "ENV":
                self.environ |= dict(each.split("=", 1) for each in given.split())
            elif instruction == "WORKDIR":
                self.directory = self.path(given)
                self.directory.mkdir()
            elif instruction == "COPY":
                *sources, into = given.split()
                copied(sources, self.directory / into)
            else:
                assert instruction == "RUN", f"{instruction} is not a step of building"
                self.run("sh", "-ec", re.sub(r"/opt/interdesk", str(self.path("/opt/interdesk")), given))

    def run(self, *command: str) -> str:
        self.own()
        ran = subprocess.run(
            [*self.user, *command], cwd=self.directory, env=self.environ, capture_output=True, text=True,
            timeout=600,
        )  # fmt: skip
        if ran.returncode and NO_INDEX.search(ran.stdout + ran.stderr):
            pytest.skip(f"there is no index of packages: the image was not built. {ran.stderr[-300:]}")
        assert ran.returncode == 0, f"{command}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
        return ran.stdout

    def own(self) -> None:
        """All of it is the user's."""
        if self.user:
            subprocess.run(["chown", "-R", f"{OF_THE_IMAGE}:{OF_THE_IMAGE}", self.here], check=True)

    def protect(self, there: str, mode: str = "a-w") -> None:
        subprocess.run(["chmod", "-R", mode, self.path(there)], check=True)


def ordinary() -> tuple[tuple[str, ...], Path]:
    """What has a command run as the image's user, nothing where who tests is an ordinary one already; and a
    Python that this user may run. A Python where only root may look is run by root.
    """
    ours = Path(sys.executable).resolve()
    if os.geteuid() != 0:
        return (), ours
    user = ("setpriv", f"--reuid={OF_THE_IMAGE}", f"--regid={OF_THE_IMAGE}", "--clear-groups")
    for python in (ours, Path(f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}")):
        tried = subprocess.run([*user, "sh", "-c", f"'{python}' -c 'import ensurepip'"], capture_output=True)
        if tried.returncode == 0:
            return user, python
    return (), ours


def copied(sources: list[str], into: Path) -> None:
    for source in sources:
        assert source in LET_IN, f"{source} is kept out by .dockerignore"
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, into)


def sources_of(stage: str) -> Iterator[list[str]]:
    yield from (given.split() for instruction, given in steps(stage) if instruction == "COPY")


@pytest.fixture
def machine() -> Iterator[Machine]:
    """Where another user may go, too: pytest's own directories are private."""
    with tempfile.TemporaryDirectory(prefix="interdesk-image-") as directory:
        Path(directory).chmod(0o755)
        machine = Machine(Path(directory))
        yield machine
        machine.protect("/", "u+w")


def test_what_is_installed_has_every_file_of_the_sources(stages: Mapping[str, str], tmp_path: Path) -> None:
    """Templates, styles, tables: what setuptools is not told of is missing in the image, and only there."""
    for *sources, into in sources_of(stages["build"]):
        copied(sources, tmp_path / into)
    wheel = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "."]
    ran = subprocess.run([*wheel, "-w", "dist"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    (built,) = (tmp_path / "dist").glob("*.whl")
    packed = {name for name in zipfile.ZipFile(built).namelist() if ".dist-info/" not in name}
    folders = (ROOT / name for name in LET_IN if (ROOT / name).is_dir())
    files = (file for folder in folders for file in folder.rglob("*") if file.is_file())
    assert packed == {str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts}


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_an_image_is_built_and_its_services_come_up(
    machine: Machine, compose: Document, stages: Mapping[str, str], own_broker: Broker, database: Database
) -> None:
    machine.build(stages["build"])
    machine.protect("/opt")
    machine.protect("/src")
    python = machine.path("/opt/interdesk/bin/python")
    assert "Runs accounts" in machine.run(str(python.with_name("interdesk")), "--help")

    secrets, logs = machine.path("/secrets"), machine.path("/logs")
    work = machine.path("/var/lib/interdesk")
    for each in (secrets, logs, work):
        each.mkdir(parents=True)
    hosts = hosts_on(secrets, own_broker, database)
    # PYTHONPATH would lead to the sources.
    runs = [*machine.user, str(python), "-E"]
    composed = Composed(compose, stages, secrets, hosts, python=runs, directory=work)
    machine.own()
    try:
        comes_up_and_goes_down(composed, (secrets / ACCOUNT / "founding-token").read_text(), logs)
    finally:
        forget(database)
