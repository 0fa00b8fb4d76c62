"""Making an account's vhosts on a broker that takes its time, or is not there."""

from __future__ import annotations

import pytest

from interdesk import vhosts
from tests.integration.interdesk.scripted import Scripted


def test_a_broker_on_a_busy_machine_is_asked_again(server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vhosts, "_TIMEOUT_SECONDS", 0.2)
    paths = ("users/widget", "vhosts/widget", "vhosts/widget.border")
    permissions = ("permissions/widget/widget", "permissions/widget.border/widget")
    server.script = {f"/api/{path}": [(201, {}, None)] for path in (*paths, *permissions)}
    server.silent = 2
    assert vhosts.ensure_vhosts(server.url, "widget", "secret").border == "widget.border"
    server.silent = 100
    with pytest.raises(vhosts.BrokerRefused, match="does not answer"):
        vhosts.ensure_vhosts(server.url, "widget", "secret")


def test_a_broker_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(vhosts.BrokerRefused, match="ConnectionError"):
        vhosts.ensure_vhosts("http://127.0.0.1:1", "widget", "secret")
