"""Health, readiness and metrics of a running service; timers under a lease."""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any

import pytest
import requests

from interdesk.local.broker import Broker
from interdesk.local.ports import free_ports
from interdesk.vhosts import ensure_vhosts
from services.common.errors import Forbidden
from tests.integration.common.conftest import BusCaller, Deployment
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
    ours = f'account="{account}",service="requests"'
    shown = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("interdesk_"))
    assert float(shown[f'interdesk_workers{{account="{account}",service="requests",state="busy"}}']) == 0
    assert float(shown[f"interdesk_workers_limit{{{ours}}}"]) == 10
    opened, used = (
        float(shown[f'interdesk_database_connections{{{ours},state="{state}"}}'])
        for state in ("open", "used")
    )
    assert 0 <= used <= opened <= float(shown[f"interdesk_database_connections_limit{{{ours}}}"])
    assert opened > 0
    assert float(shown[f'interdesk_broker_connections{{{ours},use="consumer"}}']) == 1
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


def test_two_accounts_in_one_process_know_nothing_of_each_other(
    deployment: Any, caller: Any, broker: Broker
) -> None:
    other = f"o{secrets.token_hex(4)}"
    vhosts = ensure_vhosts(broker.admin_uri, other, "secret")
    uri = broker.amqp_uri(vhosts.inside, other, "secret")
    port = free_ports(1)[0]
    changed = {"account": other, "amqp_uri": uri, "requests_address": f"127.0.0.1:{port}"}
    deployment.start("requests", also=json.dumps(changed))
    theirs = BusCaller(uri, other)
    try:
        their_deployment = Deployment(
            uri, deployment.mongo_uri, deployment.directory, other, {"requests": port}
        )
        wait_until(lambda: their_deployment.ready("requests"))
        assert caller.call("requests", "create", {"subject": "ours"})["id"] == 1
        assert theirs.call("requests", "create", {"subject": "theirs"})["id"] == 1
        subjects = {
            each.account: [request["subject"] for request in each.database("requests")["requests"].find()]
            for each in (deployment, their_deployment)
        }
        assert subjects == {deployment.account: ["ours"], other: ["theirs"]}
        with pytest.raises(Forbidden):
            theirs.call("requests", "echo", 1, actor=caller.person)
        ours_only = deployment.get("requests", "metrics")[1]
        assert f'account="{deployment.account}"' in ours_only
        assert other not in ours_only
    finally:
        theirs.close()
        their_deployment.stop()
        for path in (f"vhosts/{vhosts.inside}", f"vhosts/{vhosts.border}", f"users/{other}"):
            requests.delete(f"{broker.admin_uri}/api/{path}", timeout=30).raise_for_status()


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
    wait_until(lambda: leases.find_one({"_id": "slas.tick"})["holder"] != holder)
    after = ticks.count_documents({})
    wait_until(lambda: ticks.count_documents({}) > after)
