"""`interdesk demo` as a person runs it: it tells the stories, writes who may enter, and goes away whole."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.grafana import BOARDS
from interdesk.api import Api
from interdesk.database_users import database_name
from interdesk.demo.data import ROLES
from interdesk.local.accounts import AccountSpec
from interdesk.local.database import Database
from interdesk.waiting import holds_within
from services.common.config import reading
from services.federation.sealing.ciphers import decrypt_at_rest
from tests.watching import watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
COMMAND = [sys.executable, "-m", "interdesk.cli"]
TOKENS = {"admin", *ROLES}


def run(*arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("INTERDESK_")}
    return subprocess.run(
        [*COMMAND, *arguments, "--directory", str(directory)],
        capture_output=True,
        text=True,
        timeout=300,
        env=environ,
        check=False,
    )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(directory, what the demo wrote); brought down whatever happens."""
    directory = tmp_path_factory.mktemp("demo")
    try:
        done = run("demo", "--detach", directory=directory)
        assert done.returncode == 0, done.stderr
        yield directory, done.stdout
    finally:
        run("down", directory=directory)


def test_it_tells_them_on_the_embedded_bus_too(tmp_path: Path) -> None:
    try:
        done = run("demo", "--detach", "--broker", "embedded", directory=tmp_path / "demo")
        assert done.returncode == 0, done.stderr
        assert "Broker: the embedded bus" in done.stdout
        assert "Along a chain of three, and back hop by hop" in done.stdout
    finally:
        run("down", directory=tmp_path / "demo")


def test_the_demo_tells_the_three_stories_as_each_account_sees_them(told: tuple[Path, str]) -> None:
    written = told[1]
    for title in (
        "Who is in All Organizations",
        "To the provider and back",
        "A question to the customer, and its answer",
        "Along a chain of three, and back hop by hop",
    ):
        assert title in written
    for name in ("Widget Data Center", "GigaTera", "GlobalNet", "waiting for customer", "Network Operations"):
        assert name in written
    found = re.findall(r"^(.+) finds (.+), with its picture, \+", written, re.MULTILINE)
    assert len(found) == len(set(found)) == 6
    assert len(re.findall(r"completion reason", written)) >= 10
    # While the provider waits for its customer, and while the one below has it.
    clocks = re.findall(r"clock of its SLA(.*)", written)
    assert any(re.search(r"runs\W+stands", clock) for clock in clocks)
    assert any(re.search(r"runs\W+stands\W+runs", clock) for clock in clocks)


def test_every_token_of_demo_json_opens_its_account(told: tuple[Path, str]) -> None:
    path = told[0] / "demo.json"
    assert path.stat().st_mode & 0o777 == 0o600
    accounts = json.loads(path.read_text())["accounts"]
    assert set(accounts) == {"widget", "gigatera", "globalnet"}
    for id, account in accounts.items():
        assert set(account["tokens"]) == TOKENS
        assert {"requests", "slas", "organizations", "gateway"} <= set(account["metrics"])
        assert set(account["logins"]) == TOKENS
        for role, token in account["tokens"].items():
            with Api(account["url"], token) as api:
                me = api.get("me")
                login = account["logins"][role]
                assert (login["name"], login["email"]) == (me["name"], me["primary_email"])
                assert api.get("account")["id"] == id


def test_the_providers_instances_are_children_of_widgets_own_by_active_slas(told: tuple[Path, str]) -> None:
    account = json.loads((told[0] / "demo.json").read_text())["accounts"]["widget"]
    with Api(account["url"], account["tokens"]["representative"]) as api:
        slas = {sla["name"] for sla in api.get("slas/active")}
        assert slas == {
            "Web Shop for the business",
            "Managed Hosting for Widget Data Center",
            "Wide Area Network for Widget Data Center",
        }
        assert "The shop is slow in Asia" in {each["subject"] for each in api.get("requests/all_requests")}
    with Api(account["url"], account["tokens"]["specialist"]) as api:
        (own,) = [each for each in api.get("service_instances") if "account" not in each]
        children = api.get(f"service_instances/{own['id']}/child_service_instances")
        assert {child["account"]["id"] for child in children} == {"gigatera", "globalnet"}


#: What shows nothing as long as all is well.
QUIET = {"Sent", "Failed deliveries", "Slowed", "At risk", "Breached"}


def test_every_dashboard_shows_the_demo_to_a_real_prometheus(told: tuple[Path, str], tmp_path: Path) -> None:
    accounts = json.loads((told[0] / "demo.json").read_text())["accounts"]
    with watching(tmp_path, {id: account["metrics"] for id, account in accounts.items()}) as prometheus:

        def empty() -> set[str]:
            found = set()
            for panel, expr in (query for board in BOARDS for query in board.queries):
                here = expr.replace("$account", "gigatera").replace("$partner", ".*")
                if not prometheus.answer(here.replace("$__rate_interval", "30s")):
                    found.add(panel)
            return found

        # How it stands with partners is measured twice a minute.
        assert holds_within(lambda: empty() <= QUIET, 100, 0.5), empty() - QUIET
        assert prometheus.one('sum(interdesk_partner_failing{account="gigatera"})') == 0
        assert prometheus.one('sum(interdesk_partner_messages_sent_total{account="gigatera"})') > 0


def test_no_log_holds_a_secret_of_the_demo(told: tuple[Path, str]) -> None:
    directory = told[0]
    files = [
        directory / "demo.json",
        *directory.glob("brokers/*/node.json"),
        directory / "database" / "server.json",
    ]
    files += [
        each for name in ("known.json", "mongo-users.json") for each in directory.glob(f"accounts/*/{name}")
    ]
    secrets = {each for file in files for each in _secrets_in(json.loads(file.read_text()))}
    for name in ("secret", "token"):
        secrets |= {file.read_text().strip() for file in directory.glob(f"accounts/*/{name}")}
    assert len(secrets) > 3 * (len(ROLES) + 5)
    for account in ("widget", "gigatera", "globalnet"):
        kept = set(_kept_encrypted(directory, account))
        assert len(kept) >= 4, "two private keys, and a login at each of two partners"
        secrets |= kept
    logs = [file for file in directory.rglob("*.log") if file.is_file()]
    written = "".join(file.read_text(errors="replace") for file in logs)
    assert '"event"' in written, "these are the logs"
    assert [each for each in secrets if each in written] == []


def test_one_trace_leads_through_the_logs_of_both_accounts(told: tuple[Path, str]) -> None:
    """From what a person asked of the one gateway to what the other account did."""
    lines = [
        json.loads(line)
        for file in told[0].rglob("logs/*.log")
        for line in file.read_text().splitlines()
        if line.startswith("{")
    ]
    assert all(isinstance(line.get("event"), str) and "at" in line for line in lines), "a line is an event"

    def of(account: str, event: str, **more: str) -> list[dict[str, Any]]:
        wanted = {"account": account, "event": event, **more}
        return [line for line in lines if wanted.items() <= line.items()]

    (first, *_) = of("widget", "a message was sent", type="request.handed_over.v1", partner="gigatera")
    trace = {"traceparent": first["traceparent"]}
    (asked,) = of("widget", "asked", **trace)
    assert asked["request_id"]
    assert asked["person_id"]
    (handled,) = of("gigatera", "a partner's message was handled", thread=first["thread"], **trace)
    assert (handled["verdict"], handled["sequence"]) == ("accepted", first["sequence"])
    (taken,) = of("gigatera", "a message was sent", type="request.taken.v1", **trace)
    (heard,) = of("widget", "a partner's message was handled", type="request.taken.v1", **trace)
    assert taken["thread"] == heard["thread"] == first["thread"]
    assert isinstance(first["request"], int)


def _secrets_in(value: Any) -> Iterator[str]:
    """What is said of passwords and tokens, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and "password" in name:
                yield inner
            elif name == "tokens":
                yield from inner.values()
            else:
                yield from _secrets_in(inner)


def _kept_encrypted(directory: Path, account: str) -> Iterator[str]:
    """What the account keeps under its secret: private keys, and the passwords of its logins at partners."""
    secret = reading.secret(str(directory / "accounts" / account / "secret"))
    with Database(directory / "database", durable=False).administrator() as client:
        kept = client[database_name(account, "organizations")]
        for collection in kept.list_collection_names():
            text = json.dumps(list(kept[collection].find()), default=str)
            for token in re.findall(r"eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+", text):
                opened = decrypt_at_rest(secret, token)
                yield opened["d"] if "d" in opened else opened["password"]


def test_told_again_it_finds_its_data_and_brought_down_leaves_no_process(told: tuple[Path, str]) -> None:
    directory = told[0]
    before = (directory / "demo.json").read_text()
    again = run("demo", "--detach", directory=directory)
    assert again.returncode == 0, again.stderr
    assert (directory / "demo.json").read_text() == before
    down = run("down", directory=directory)
    assert down.returncode == 0, down.stderr
    assert [command for command in _commands() if str(directory) in command] == []


def _commands() -> list[str]:
    """The command lines of all processes of this machine."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            found.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_the_demo_does_not_take_the_place_of_another_deployment(tmp_path: Path) -> None:
    state = {
        "version": 1,
        "processes": "account",
        "durable": True,
        "external": {"AMQP_URI": None, "MONGO_URI": None},
        "accounts": [AccountSpec("acme", "Acme", "acme.example").to_document()],
    }
    (tmp_path / "state.json").write_text(json.dumps(state))
    refused = run("demo", "--detach", directory=tmp_path)
    assert refused.returncode == 1
    assert "holds another deployment (acme)" in refused.stderr
    assert json.loads((tmp_path / "state.json").read_text()) == state
