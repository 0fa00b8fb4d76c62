"""`interdesk demo`: three accounts, the main job told as stories, then theirs to try."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from interdesk.commands.options import DEFAULT_DIRECTORY, Directory, OnBroker, broker_kind
from interdesk.commands.output import FAILED, Refusal, say
from interdesk.commands.running import interrupt, stop, watch
from interdesk.demo.data import CASTS
from interdesk.demo.setting import prepare
from interdesk.demo.show import Screen
from interdesk.demo.stand import DEMO_FILE
from interdesk.demo.stories import tell_all
from interdesk.demo.teller import StoryBroken, Teller
from interdesk.local.deployment import LocalDeployment, NothingHere
from interdesk.local.rabbitmq import is_installed

_WIDTH_WITHOUT_TERMINAL = 120


def demo(
    directory: Directory = DEFAULT_DIRECTORY,
    detach: Annotated[bool, typer.Option("--detach", help="Return when the stories are told.")] = False,
    broker: OnBroker = None,
) -> None:
    """Start the demo's three accounts, tell the main job step by step, and stay until Ctrl-C.

    Each step is checked on every side. A story that does not come true ends the demo with exit code 1 and
    says what was expected and what was seen.
    """
    signal.signal(signal.SIGTERM, interrupt)
    deployment = _chosen(directory, detach, broker)
    started = time.monotonic()
    try:
        deployment.up(say)
        stands = prepare(deployment, say)
        console = Console()
        screen = Screen(console if console.is_terminal else Console(width=_WIDTH_WITHOUT_TERMINAL), stands)
        with Teller(stands, screen) as teller:
            tell_all(teller)
        screen.logins(str(directory / DEMO_FILE), f"Broker: {_broker_of(deployment)}.")
        say(f"every step came true on every side, in {time.monotonic() - started:.0f} s")
        if not detach:
            say("Ctrl-C stops it.")
            watch(deployment)
    except KeyboardInterrupt:
        stop(directory)
    except BaseException as problem:
        stop(directory)
        if isinstance(problem, StoryBroken):
            raise Refusal(f"the story did not come true. {problem}", FAILED) from problem
        raise


def _broker_of(deployment: LocalDeployment) -> str:
    titles = {broker.title for broker in deployment.brokers.values()}
    return " and ".join(sorted(titles)) + ("" if is_installed() else "; RabbitMQ is not installed here")


def _chosen(directory: Path, detach: bool, broker: str | None) -> LocalDeployment:
    """The demo's deployment, new or as it was left. Raises Refusal where another one is."""
    specs = [cast.spec for cast in CASTS]
    try:
        there = sorted(LocalDeployment.open(directory).accounts)
    except NothingHere:
        there = sorted(spec.id for spec in specs)
    if there != sorted(spec.id for spec in specs):
        raise Refusal(
            f"{directory} holds another deployment ({', '.join(there)}); give the demo a place of its own: "
            "interdesk demo --directory PLACE"
        )
    return LocalDeployment(
        directory,
        specs,
        processes="account",
        broker=broker_kind(broker, directory),
        dies_with_parent=not detach,
        mongo_uri=os.environ.get("MONGO_URI") or None,
    )
