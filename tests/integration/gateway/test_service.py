"""The gateway as its own process among the others: over real HTTP, with a database user who can only read."""

from __future__ import annotations

import csv
import json
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
from kombu import Connection

from interdesk.api import Api
from interdesk.local.accounts import AccountSpec
from interdesk.local.deployment import LocalDeployment
from interdesk.local.environment import read_env_file
from interdesk.local.local_account import LocalAccount
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SETTINGS = {
    "INTERDESK_RATE_LIMIT_PER_HOUR": "1000000",
    "INTERDESK_RATE_LIMIT_BURST": "1000000",
    "INTERDESK_RPC_TIMEOUT_SECONDS": "2",
    "INTERDESK_SWEEP_SECONDS": "0.5",
    "INTERDESK_LEASE_SECONDS": "2",
}


@pytest.fixture(scope="module")
def widget(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    spec = AccountSpec("widget", "Widget Data Center", "widget.example", environ=SETTINGS)
    with LocalDeployment(tmp_path_factory.mktemp("widget"), [spec], durable=False) as deployment:
        yield deployment.accounts["widget"]


@pytest.fixture(scope="module")
def api(widget: LocalAccount) -> Iterator[Api]:
    with widget.api() as api:
        yield api


def ask(account: LocalAccount, method: str, path: str, **options: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {account.admin_token}", **options.pop("headers", {})}
    return requests.request(method, f"{account.url}{path}", headers=headers, timeout=30, **options)


def test_what_was_written_is_read_at_once(api: Api) -> None:
    team = api.post("teams", {"name": "Network"})
    assert api.get(f"teams/{team['id']}") == team
    request = api.post("requests", {"subject": "No network", "category": "incident"})
    changed = api.patch(f"requests/{request['id']}", {"team_id": team["id"]})
    assert changed["team"]["name"] == "Network"
    assert api.get(f"requests/{request['id']}") == changed
    assert [each["id"] for each in api.get("requests/open", team=team["id"])] == [request["id"]]


def test_headers_go_out_as_they_are_written(widget: LocalAccount) -> None:
    names = set(ask(widget, "GET", "/v1/requests").raw.headers)
    assert {"ETag", "X-RateLimit-Limit", "X-Request-Id", "X-Pagination-Total-Entries"} <= names


@pytest.mark.parametrize("path", ["/nonsense", "/v1/nonsense", "/v1//people", "/v1/people/1/nonsense"])
def test_every_unknown_path_is_told_in_json(widget: LocalAccount, path: str) -> None:
    answer = ask(widget, "GET", path)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "PROPFIND"])
def test_every_other_method_is_told_in_json(widget: LocalAccount, method: str) -> None:
    answer = ask(widget, method, "/v1/people")
    assert (answer.status_code, answer.json()) == (405, {"message": "Method Not Allowed"})


def test_a_body_may_come_in_pieces(widget: LocalAccount) -> None:
    headers = {"Content-Type": "application/json"}
    pieces = iter([b'{"name": ', b'"Pieces"}'])
    made = ask(widget, "POST", "/v1/teams", data=pieces, headers=headers)
    assert (made.status_code, made.json()["name"]) == (201, "Pieces")
    many = (b" " * 60_000 for _ in range(20))
    assert ask(widget, "POST", "/v1/teams", data=many, headers=headers).status_code == 413


def test_health_readiness_and_metrics_are_beside_the_api(widget: LocalAccount) -> None:
    assert requests.get(f"{widget.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"{widget.url}/readyz", timeout=10).json()["ready"] is True
    metrics = requests.get(f"{widget.url}/metrics", timeout=10).text
    assert 'interdesk_http_request_seconds_count{account="widget"' in metrics


def test_a_service_that_died_is_told_in_time_and_reading_goes_on(widget: LocalAccount, api: Api) -> None:
    request = api.post("requests", {"subject": "Still there?", "category": "rfi"})
    path = f"/v1/requests/{request['id']}"
    widget.kill("requests")
    try:
        answer = ask(widget, "PATCH", path, json={"subject": "Nobody home"})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert answer.headers["X-Interdesk-Error"] == "service_silent"
        assert ask(widget, "GET", path).json()["subject"] == "Still there?"
    finally:
        widget.start("requests")
    wait_until(lambda: ask(widget, "PATCH", path, json={"subject": "Back"}).status_code == 200)


def interdesk(account: LocalAccount, *arguments: str) -> str:
    """What the command prints, as an operator of the account runs it."""
    run: list[str | Path] = [Path(sys.executable).with_name("interdesk"), *arguments]
    run += ["--url", account.url, "--token-file", account.directory / "token"]
    return subprocess.run(run, check=True, capture_output=True, text=True, timeout=60).stdout


def test_an_operator_finds_an_event_that_could_not_be_handled(widget: LocalAccount, api: Api) -> None:
    handler = "evt-organizations-team.saved--slas.team_saved"
    uri = read_env_file(widget.directory / "env")["AMQP_URI"]
    with Connection(uri) as connection:
        publish = connection.Producer().publish
        publish(b"\xff", routing_key=handler, content_type="x/y", type="team.saved", message_id="a/b?c")
    wait_until(lambda: api.get("parked_events"))
    (parked,) = json.loads(interdesk(widget, "parked", "events", "list", "--json"))
    assert (parked["service"], parked["handler"], parked["code"]) == ("slas", "team_saved", "undecodable")
    id = parked["id"]
    assert json.loads(interdesk(widget, "parked", "events", "show", id, "--json"))["message_id"] == "a/b?c"
    seen = ask(widget, "GET", f"/v1/parked_events/{id}").headers["ETag"]
    interdesk(widget, "parked", "events", "replay", id)  # nothing can read it now either

    def parked_again() -> bool:
        answer = ask(widget, "GET", f"/v1/parked_events/{id}")
        return bool(answer.json()["state"] == "parked" and answer.headers["ETag"] != seen)

    wait_until(parked_again)
    interdesk(widget, "parked", "events", "discard", "--yes", id)
    assert api.get("parked_events") == []
    (settled,) = api.get("parked_events/settled", fields="state,settled_by")
    assert (settled["state"], settled["settled_by"]["id"]) == ("discarded", api.get("me")["id"])
    metrics = requests.get(widget.metrics["slas"], timeout=10).text
    assert 'interdesk_parked_events{account="widget",service="slas"}' in metrics


def test_a_large_import_goes_on_when_its_service_was_killed(
    widget: LocalAccount, api: Api, tmp_path: Path
) -> None:
    names, file, out = [f"Imported {n}" for n in range(150)], tmp_path / "sites.csv", tmp_path / "out.csv"
    lines = ["name,remarks", *(f"{name},{'x' * 20_000}" for name in names)]
    file.write_text("\n".join(lines))
    with file.open("rb") as opened:
        token = api.upload("import", opened, file.name, {"type": "sites"})["token"]
    wait_until(lambda: api.get(f"import/{token}")["line"] > 0)
    widget.kill("organizations")
    widget.start("organizations")
    wait_until(lambda: api.get(f"import/{token}")["state"] == "done")
    assert api.get(f"import/{token}")["results"]["created"] == len(names)
    interdesk(widget, "export", "sites", str(out))
    with out.open(newline="") as opened_text:
        assert sorted(row["name"] for row in csv.DictReader(opened_text)) == sorted(names)
    tried = json.loads(interdesk(widget, "import", str(out), "--type", "sites", "--dry-run", "--json"))
    assert tried["results"]["unchanged"] == len(names)


def test_reports_are_rebuilt_by_a_command(widget: LocalAccount, api: Api) -> None:
    api.post("requests", {"subject": "Counted", "category": "incident"})
    done = json.loads(interdesk(widget, "reporting", "rebuild", "--json"))
    assert (done["state"], done["errors"]) == ("done", [])
    assert done["line"] == done["lines"] >= 1


def test_clients_that_are_slow_to_send_keep_nobody_waiting(widget: LocalAccount) -> None:
    host, port = widget.addresses["gateway"].split(":")
    head = f"POST /v1/teams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {widget.admin_token}\r\n"
    head += "Content-Type: application/json\r\nContent-Length: 16\r\n\r\n"
    with ExitStack() as slow:
        connections = [
            slow.enter_context(socket.create_connection((host, int(port)), timeout=20)) for _ in range(15)
        ]
        for connection in connections:
            connection.sendall(head.encode() + b'{"name"')
        assert ask(widget, "GET", "/v1/me").status_code == 200
        connections[0].sendall(b':"Slow"} ')
        assert connections[0].recv(20).startswith(b"HTTP/1.1 201")


def most_memory(account: LocalAccount, service: str) -> int:
    """The most that the service's process has ever used, in KB."""
    status = Path(f"/proc/{account.processes[service].pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def test_a_large_file_costs_neither_memory_nor_a_worker(widget: LocalAccount, api: Api) -> None:
    host, port = widget.addresses["gateway"].split(":")
    head = f"POST /v1/attachments HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {widget.admin_token}\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3000000\r\n\r\n"
    head += '--x\r\nContent-Disposition: form-data; name="file"; filename="a.log"\r\n\r\n'
    content = secrets.token_hex(10_000_000).encode()
    request = api.post("requests", {"subject": "A large log", "category": "incident"})
    with ExitStack() as slow:
        for _ in range(15):
            connection = slow.enter_context(socket.create_connection((host, int(port)), timeout=20))
            connection.sendall(head.encode() + b"a" * 300_000)
        before = {service: most_memory(widget, service) for service in ("gateway", "requests")}
        uploaded = ask(widget, "POST", "/v1/attachments", files={"file": ("a.log", content)})
        assert uploaded.status_code == 200, uploaded.text
    note = {"text": "See the log", "attachments": [uploaded.json()]}
    (attachment,) = api.post(f"requests/{request['id']}/notes", note)["attachments"]
    fetched = ask(widget, "GET", attachment["uri"])
    assert fetched.content == content
    part = ask(widget, "GET", attachment["uri"], headers={"Range": "bytes=9999990-10000010"})
    assert (part.status_code, part.content) == (206, content[9_999_990:10_000_011])
    for service, kilobytes in before.items():
        assert most_memory(widget, service) - kilobytes < 10_000, service


def test_a_large_file_without_a_token_is_not_taken_in(widget: LocalAccount) -> None:
    host, port = widget.addresses["gateway"].split(":")
    head = "POST /v1/attachments HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{head}Content-Length: 20000000\r\n\r\n--x".encode())
        assert connection.recv(20).startswith(b"HTTP/1.1 401")


def test_a_client_that_goes_away_in_the_middle_harms_nobody(widget: LocalAccount) -> None:
    host, port = widget.addresses["gateway"].split(":")
    for sent in (b"", b"GET /v1", b"POST /v1/teams HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(sent)
    assert ask(widget, "GET", "/v1/me").status_code == 200
