"""Health, readiness and metrics of a running service; timers under a lease."""

from __future__ import annotations

import json
import socket
from typing import Any

from tests.waiting import wait_until


def test_each_service_shows_its_own_share_of_the_process_metrics(deployment: Any, caller: Any) -> None:
    deployment.start("requests", "organizations")
    caller.call("requests", "echo", 1)
    caller.call("organizations", "save_team", 1, "Networks")

    status, text = deployment.get("requests", "metrics")
    assert status == 200
    account = deployment.account
    labels = f'account="{account}",command="echo",outcome="ok",service="requests"'
    assert f"interdesk_command_seconds_count{{{labels}}} 1.0" in text
    assert 'service="organizations"' not in text
    assert "process_cpu_seconds_total" in text
    assert 'command="save_team"' in deployment.get("organizations", "metrics")[1]

    assert deployment.get("requests", "healthz")[0] == 200
    status, text = deployment.get("requests", "readyz")
    assert (status, json.loads(text)) == (200, {"ready": True, "problems": []})
    assert deployment.get("requests", "anything")[0] == 404


def test_a_client_that_breaks_its_connection_does_no_harm(deployment: Any, caller: Any) -> None:
    process = deployment.start("requests")
    for garbage in (
        b"",
        b"\x16\x03\x01 not http",
        b"GET /metrics HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", deployment.ports["requests"])) as broken:
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # reset, not farewell
            broken.sendall(garbage)
    wait_until(lambda: deployment.ready("requests"))
    assert caller.call("requests", "echo", 1) == 1
    assert process.alive


def test_one_process_runs_a_leased_timer_and_another_takes_over(deployment: Any) -> None:
    first = deployment.start("slas", sweep_seconds="0.2", lease_seconds="1")
    ticks = deployment.database("slas")["ticks"]
    leases = deployment.database("slas")["leases"]
    wait_until(lambda: ticks.count_documents({}) >= 3)  # every second run of it fails, and it goes on
    holder = leases.find_one({"_id": "slas.tick"})["holder"]

    del deployment.ports["slas"]
    deployment.start("slas", sweep_seconds="0.2", lease_seconds="1")
    before = ticks.count_documents({})
    wait_until(lambda: ticks.count_documents({}) >= before + 3)
    assert leases.find_one({"_id": "slas.tick"})["holder"] == holder

    first.kill()
    wait_until(lambda: leases.find_one({"_id": "slas.tick"})["holder"] != holder, 10)
    after = ticks.count_documents({})
    wait_until(lambda: ticks.count_documents({}) > after)
