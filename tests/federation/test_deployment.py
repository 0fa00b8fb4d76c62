"""A database that went back, or came from elsewhere, is known by the note beside it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from interdesk.cli import app
from interdesk.commands.output import WRONG_USE
from interdesk.local.database import Database
from services.common.clock import SteppedClock
from services.common.config import Config
from services.common.context import Context
from services.common.errors import Unavailable
from services.federation.restoring.deployment import BY_PARTNER_SECONDS, IDS_SKIPPED, Deployment


class Clock(SteppedClock):
    """Does once, when it is asked for the time, what happens at that moment."""

    saying: Callable[[], None] | None = None

    def now(self) -> datetime:
        saying, self.saying = self.saying, None
        if saying is not None:
            saying()
        return super().now()


class Service:
    """A service's deployment, as each of its processes finds it."""

    def __init__(self, database: Any, state_dir: Path | None) -> None:
        self.database = database
        self.clock = Clock()
        self.config = Config("widget", "widget.example", "", "", state_dir=state_dir)

    @property
    def note(self) -> Path:
        assert self.config.state_dir is not None
        return self.config.state_dir / "requests.json"

    def started(self) -> Deployment:
        context = Context(self.config, "requests", self.database, clock=self.clock)
        return Deployment(context, monotonic=iter(range(0, 10**6, 10)).__next__)

    def ran(self) -> Deployment:
        """Started, and noted a while later."""
        deployment = self.started()
        self.clock.step(60)
        deployment.note()
        return deployment

    def backup(self) -> dict[str, Any]:
        found: dict[str, Any] = self.database["deployment"].find_one()
        return found

    def restore(self, backup: dict[str, Any]) -> None:
        self.database["deployment"].replace_one({"_id": "deployment"}, backup)

    def said(self, option: str) -> None:
        """A person says what the database is."""
        told = CliRunner().invoke(app, ["restore", option, "--state-dir", str(self.config.state_dir)])
        assert told.exit_code == 0, told.output


@pytest.fixture
def service(database: Database, tmp_path: Path) -> Iterator[Service]:
    client, name = database.administrator(), f"deployment_{secrets.token_hex(4)}"
    try:
        yield Service(client[name], tmp_path / "state")
    finally:
        client.drop_database(name)
        client.close()


def test_a_database_that_goes_on_keeps_its_incarnation(service: Service) -> None:
    service.ran()
    deployment = service.ran()
    assert (deployment.incarnation, deployment.resuming, deployment.problem()) == (1, False, None)


def test_a_database_that_went_back_waits_for_a_person_and_gets_an_incarnation_that_it_never_had(
    service: Service,
) -> None:
    service.ran()
    backup = service.backup()
    service.database["counters"].insert_one({"_id": "request", "last": 40})
    service.ran()
    service.restore(backup)
    assert is_shut(service.ran(), "database_went_back")

    service.said("--as-restored")
    deployment = service.ran()
    first = deployment.incarnation
    assert first > 1
    assert deployment.resuming
    service.clock.step(10)
    service.restore(backup)
    service.said("--as-restored")
    second = service.started()
    assert second.incarnation > first
    counter = service.database["counters"].find_one()
    assert counter["last"] >= 40 + IDS_SKIPPED
    second.resumed()
    assert not service.ran().resuming


def test_a_database_that_went_back_under_a_running_service_is_noticed_with_the_next_note(
    service: Service,
) -> None:
    deployment = service.ran()
    backup = service.backup()
    service.clock.step(60)
    deployment.note()
    service.restore(backup)
    deployment.note()
    assert is_shut(deployment, "database_went_back")
    assert deployment.number == 1  # work within the account goes on


def test_a_copy_is_another_deployment_and_parts_from_the_trusts_of_the_original(service: Service) -> None:
    service.ran()
    backup = service.backup()
    service.ran()
    service.restore(backup)
    service.said("--as-copy")
    deployment = service.started()
    assert is_shut(deployment, "parting")
    assert service.backup()["id"] != backup["id"]
    assert deployment.parting
    deployment.parted()
    assert deployment.problem() is None
    assert deployment.incarnation > 1
    assert service.ran().problem() is None


def test_a_database_that_lost_everything_does_not_begin_with_the_first_incarnation(service: Service) -> None:
    service.ran()
    service.database["deployment"].delete_many({})
    deployment = service.started()
    assert deployment.incarnation > 1
    assert deployment.resuming


@pytest.mark.parametrize("foreign", [True, False])
def test_a_database_from_elsewhere_waits_for_a_person(service: Service, foreign: bool) -> None:
    service.ran()
    note = service.note
    if foreign:
        note.write_text(json.dumps({**json.loads(note.read_text()), "deployment": "another"}))
    else:
        note.unlink()
    deployment = service.started()
    assert is_shut(deployment, "another_deployment" if foreign else "deployment_unknown")

    service.said("--as-restored")
    assert deployment.problem() is None
    assert deployment.incarnation > 1
    deployment.note()
    assert service.ran().problem() is None


@pytest.mark.parametrize(
    "note", ["{", "", "null", "[]", '{"deployment": 1}', '{"said": "as_restored"}', None]
)
def test_a_note_that_cannot_be_read_is_nobodys(service: Service, note: str | None) -> None:
    service.ran()
    path = service.note
    if note is None:
        path.unlink()
        path.mkdir()
    else:
        path.write_text(note)
    deployment = service.started()
    assert is_shut(deployment, "another_deployment")
    if note is None:
        path.rmdir()
    service.said("--as-restored")
    assert deployment.problem() is None


def test_a_database_that_went_back_is_noticed_also_when_the_clock_did(service: Service) -> None:
    service.ran()
    service.clock.step(-86400)
    service.ran()
    backup = service.backup()
    service.ran()
    service.restore(backup)
    assert is_shut(service.started(), "database_went_back")


def test_what_a_person_says_is_done_once_by_all_processes(service: Service) -> None:
    first, second = service.ran(), service.ran()
    service.said("--as-restored")
    said = service.note.read_text()
    first.note()
    incarnation = first.incarnation
    service.clock.step(60)
    service.note.write_text(said)  # as it was when the second one looked
    second.note()
    assert second.problem() is None
    assert second.incarnation == incarnation


def test_what_a_person_says_while_the_note_is_written_is_not_lost(service: Service) -> None:
    deployment = service.ran()
    service.clock.saying = lambda: service.said("--as-restored")
    deployment.note()
    assert deployment.incarnation == 1
    deployment.note()
    assert deployment.incarnation > 1


def test_a_note_that_was_never_written_is_not_missed(service: Service) -> None:
    directory = service.note.parent
    directory.write_text("")
    deployment = service.started()
    with pytest.raises(OSError):
        deployment.note()
    directory.unlink()
    assert service.ran().problem() is None


def is_shut(deployment: Deployment, code: str) -> bool:
    """Whether nothing is said to partners, for that reason."""
    with pytest.raises(Unavailable) as shut:
        _ = deployment.incarnation
    assert shut.value.code == "border_shut"
    return str(deployment.problem()).startswith(code)


@pytest.mark.parametrize("options", [[], ["--as-restored", "--as-copy"]])
def test_the_command_wants_to_be_told_what_it_shall_say(tmp_path: Path, options: list[str]) -> None:
    assert CliRunner().invoke(app, ["restore", *options, "--state-dir", str(tmp_path)]).exit_code != 0
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_nothing_to_a_directory_that_is_not_there(tmp_path: Path) -> None:
    wrong = tmp_path / "stat"
    told = CliRunner().invoke(app, ["restore", "--as-copy", "--state-dir", str(wrong)])
    assert told.exit_code == WRONG_USE
    assert not wrong.exists()


def test_without_a_note_nothing_is_noticed_until_a_partner_says_so(service: Service) -> None:
    service = Service(service.database, None)
    service.ran()
    deployment = service.ran()
    assert deployment.incarnation == 1
    assert deployment.told_by_partner()
    raised = deployment.incarnation
    assert raised > 1
    assert not deployment.told_by_partner()
    service.clock.step(BY_PARTNER_SECONDS)
    assert deployment.told_by_partner()
    assert deployment.incarnation > raised
