"""The embedded bus as a process of its own, in place of a RabbitMQ node."""

from __future__ import annotations

import datetime
import os
import sys

import requests

from interdesk.local.broker import Broker
from interdesk.local.certificates import ensure_certificates


class EmbeddedBroker(Broker):
    """See `interdesk.embedded_bus`. What waits in its queues outlives `stop()`, and not `kill()`."""

    title = "the embedded bus"

    def start(self) -> None:
        if self.running:
            return
        ensure_certificates(self.directory / "tls", self.name, datetime.datetime.now(datetime.UTC))
        command = [sys.executable, "-m", "interdesk.embedded_bus", self.directory]
        self._spawn("node", command, {**os.environ, "PYTHONUNBUFFERED": "1"})

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.admin_uri}/api/whoami", timeout=5).ok
        except requests.RequestException:
            return False
