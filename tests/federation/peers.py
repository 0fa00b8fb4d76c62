"""Sides that run in processes of their own, as services do."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

from services.common.config import Config


class Peer:
    """A process that runs a side (peer.py). It ends when it is told to, crashes, or the tests end."""

    def __init__(
        self, config: Config, database: str, database_uri: str, crash_at: str | None, files: bool = False
    ) -> None:
        told = {
            "config": {
                "account": config.account,
                "domain": config.domain,
                "amqp_uri": config.amqp_uri,
                "mongo_uri": database_uri,
                "border_uri": config.border_uri,
                "border_address": config.border_address,
                "sweep_seconds": config.sweep_seconds,
                "lease_seconds": config.lease_seconds,
                "retry_min_seconds": config.retry_min_seconds,
                "retry_max_seconds": config.retry_max_seconds,
                "lane_renew_seconds": config.lane_renew_seconds,
                "lane_messages_per_second": config.lane_messages_per_second,
                "crash_at": crash_at,
            },
            "secret": [each.hex() for each in config.secret or ()],
            "database": database,
            "files": files,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.federation.peer"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(told).encode() + b"\n")
        self.process.stdin.flush()

    def crashed(self) -> bool:
        return self.process.poll() == -signal.SIGKILL

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """In order; gives the exit code."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(30)
