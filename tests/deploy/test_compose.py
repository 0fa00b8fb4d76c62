"""docker-compose.yml and the images are valid, and of one mind with the code."""

from __future__ import annotations

import datetime
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from interdesk.containers.compose_secrets import ACCOUNTS, write_compose_secrets
from interdesk.services import SERVICES
from services.common.config import TABLE
from tests.deploy.conftest import ROOT, Document

NOW = datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC)


def of_account(compose: Document, account: str) -> Mapping[str, Document]:
    """By name of the service, those of one account."""
    return {
        name.removeprefix(f"{account}-"): service
        for name, service in compose["services"].items()
        if name.startswith(f"{account}-")
    }


def test_it_keeps_to_the_compose_specification() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    ran = subprocess.run([*check, "docker-compose.yml"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize("account", ACCOUNTS)
def test_each_account_has_every_service_and_what_prepares_for_them(compose: Document, account: str) -> None:
    assert of_account(compose, account).keys() == {*SERVICES, "prepare"}


def test_settings_are_settings_and_services_are_confined(compose: Document) -> None:
    known = {name for variable in TABLE for name in variable.names}
    for account in ACCOUNTS:
        for name, service in of_account(compose, account).items():
            assert service["environment"].keys() <= known, name
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}, name


def test_every_secret_is_made_by_the_command_and_taken_by_somebody(compose: Document, tmp_path: Path) -> None:
    write_compose_secrets(tmp_path / "secrets", NOW)
    named = {ROOT / secret["file"] for secret in compose["secrets"].values()}
    here = ROOT / "deploy" / "compose" / "secrets"
    made = {here / file.relative_to(tmp_path / "secrets") for file in tmp_path.rglob("*") if file.is_file()}
    # The passwords are within other files; the authority signs on this machine alone.
    kept_back = {here / account / "broker-password" for account in ACCOUNTS}
    assert named == made - kept_back - {here / "rabbitmq-password", here / "tls" / "ca.key"}
    taken = {source for service in compose["services"].values() for source, _ in secrets_of(service)}
    assert taken == compose["secrets"].keys()


def test_secrets_are_kept_when_they_are_made_again(tmp_path: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(file): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}

    write_compose_secrets(tmp_path / "secrets", NOW)
    before = contents()
    write_compose_secrets(tmp_path / "secrets", NOW)
    assert contents() == before
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0


def test_a_service_sees_its_own_login_to_the_database_and_no_other(compose: Document) -> None:
    for account in ACCOUNTS:
        for name, service in of_account(compose, account).items():
            sources = {source for source, _ in secrets_of(service)}
            assert not [each for each in sources if each.startswith(tuple(set(ACCOUNTS) - {account}))]
            if name != "prepare":
                logins = {source for source in sources if "mongo" in source}
                assert logins == {f"{account}-mongo-user-{name}"}, name


def test_every_image_is_a_stage_of_the_file(compose: Document, stages: Mapping[str, str]) -> None:
    for account in ACCOUNTS:
        for name, service in of_account(compose, account).items():
            assert service["build"]["target"] == ("interdesk" if name == "prepare" else name)
    for name in SERVICES:
        assert f'CMD ["--service", "{name}"]' in stages[name]
        assert f"INTERDESK_{name.upper()}_ADDRESS=0.0.0.0:8000" in stages[name]
    assert "USER 10001:10001" in stages["interdesk"]
    assert "--require-hashes" in stages["build"]


def secrets_of(service: Document) -> Iterator[tuple[str, str]]:
    """(source, where it is mounted) of its secrets."""
    for secret in service.get("secrets", ()):
        if isinstance(secret, str):
            yield secret, f"/run/secrets/{secret}"
        else:
            target = secret["target"]
            yield secret["source"], target if target.startswith("/") else f"/run/secrets/{target}"
