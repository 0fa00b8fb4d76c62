"""A side of a talk as a process of its own, under eventlet as services run. Told by a line of JSON on its
input.

It runs until its input ends, which it does with the process that started it.
"""

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import sys  # noqa: E402

from eventlet import tpool  # noqa: E402

from services.common.config import Config  # noqa: E402
from services.common.context import Context  # noqa: E402
from services.common.crash import CrashPoints  # noqa: E402
from services.common.database import connect  # noqa: E402
from tests.federation.correspondent import Running, Talk, Waker  # noqa: E402
from tests.federation.files import TalkFiles  # noqa: E402


def main() -> None:
    told = json.loads(sys.stdin.readline())
    config = Config(**told["config"], secret=tuple(map(bytes.fromhex, told["secret"])))
    waker = Waker()
    context = Context(
        config,
        "requests",
        connect(config, "requests")[told["database"]],
        crash=CrashPoints(config.crash_at),
        wake=waker.wake,
    )
    talk = Talk()
    if told["files"]:
        talk.files = TalkFiles()
    running = Running(context, talk, waker)
    running.start()
    tpool.execute(sys.stdin.read)
    running.stop()


if __name__ == "__main__":
    main()
