"""The entry module of every service process: `python -m interdesk.serve [--env-file FILE]… [--service
NAME]…`.

Runs the named services (all of them when none is named) of one or several accounts, each in a nameko
container with a configuration of its own. One account per environment file; without one, the account of this
process's environment.

- SIGTERM and SIGINT: every container stops taking work, finishes and acks what runs, and closes; then exit 0.
  When that takes longer than `--drain-seconds`, or on a second signal, the process ends at once with exit 1:
  what was not acked is delivered again, which does no harm.
- A container that dies takes the process with it (exit 1, after the others have drained), so that whoever
  runs it sees it and starts it anew.
- A configuration that is wrong: exit 2, with every problem named.
- SIGUSR1 writes the stacks of all threads to the log.

eventlet must patch the standard library before anything else is imported: nothing comes before it here.
"""

# ruff: noqa: E402
from __future__ import annotations

import warnings

warnings.filterwarnings("ignore", message="(?s).*Eventlet is deprecated")

import eventlet

eventlet.monkey_patch()

import argparse
import faulthandler
import importlib
import os
import signal
import socket
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import structlog
from eventlet.event import Event
from nameko.containers import ServiceContainer
from nameko.utils.concurrency import SpawningProxy

from interdesk.local.environment import read_env_file
from interdesk.services import CLASSES, DRAIN_SECONDS
from services.common import config as configuration
from services.common import logs
from services.common.config import Config
from services.common.container import container_for
from services.common.errors import ConfigError

log = structlog.get_logger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    try:
        configs = _configs(options.env_file, options.set)
    except (ConfigError, ValueError, OSError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    logs.configure(configs[0].log_level, configs[0].log_format)
    names = options.service or list(CLASSES)
    runner = Runner([container(config, name) for config in configs for name in names], options.drain_seconds)
    return runner.run()


def container(config: Config, name: str) -> ServiceContainer:
    """One account's service, with a configuration of its own."""
    module, _, attribute = CLASSES[name].partition(":")
    service = getattr(importlib.import_module(module), attribute)
    return container_for(service, config)


class Runner:
    """Runs containers until a signal comes or one of them dies."""

    def __init__(self, containers: Iterable[ServiceContainer], drain_seconds: float) -> None:
        self._each = list(containers)
        self._containers = SpawningProxy(self._each)
        self._drain_seconds = drain_seconds
        self._ended = Event()

    def run(self) -> int:
        eventlet.spawn(self._watch_signals)
        eventlet.spawn(self._start)
        for one in self._each:
            eventlet.spawn(self._watch, one)
        failure = self._ended.wait()
        if failure is not None:
            log.error("a service died; the process ends", error=repr(failure))
        drained = self._stop()
        return 0 if drained and failure is None else 1

    def _start(self) -> None:
        try:
            self._containers.start()
        except Exception as problem:
            log.exception("starting failed")
            self._end(problem)
        else:
            log.info("started", services=[one.service_name for one in self._each])

    def _watch(self, one: ServiceContainer) -> None:
        try:
            one.wait()
        except Exception as problem:
            self._end(problem)
        else:
            self._end(None)

    def _stop(self) -> bool:
        drained = False
        with eventlet.Timeout(self._drain_seconds, False):
            self._containers.stop()
            drained = True
        if not drained:
            log.error("draining took too long", seconds=self._drain_seconds)
        return drained

    def _end(self, failure: Exception | None) -> None:
        if not self._ended.ready():
            self._ended.send(failure)

    def _watch_signals(self) -> None:
        """The first signal ends the process in order, the second at once.

        A handler alone would not do: an idle hub sleeps on until its next timer, for up to a minute. So the
        signal comes as a byte through a socket that the hub watches.
        """
        received, sent = socket.socketpair()
        sent.setblocking(False)
        signal.set_wakeup_fd(sent.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, frame: None)
        while True:
            if not set(received.recv(64)) & {signal.SIGTERM, signal.SIGINT}:
                continue
            if self._ended.ready():
                os._exit(1)
            self._end(None)


def _configs(files: Sequence[Path], overrides: Sequence[str]) -> list[Config]:
    changes = dict(override.partition("=")[::2] for override in overrides)
    environs: list[dict[str, Any]] = [read_env_file(file) for file in files] or [dict(os.environ)]
    return [configuration.load({**environ, **changes}) for environ in environs]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="interdesk.serve", description="Runs services of accounts.")
    parser.add_argument("--env-file", action="append", type=Path, default=[], help="an account's environment")
    parser.add_argument("--service", action="append", choices=list(CLASSES), help="which (default: all)")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="overrides a variable"
    )
    parser.add_argument("--drain-seconds", type=float, default=DRAIN_SECONDS)
    return parser


if __name__ == "__main__":
    # At once: daemon threads and idle connections must not hold up an end that is drained.
    code = main()
    sys.stderr.flush()
    os._exit(code)
