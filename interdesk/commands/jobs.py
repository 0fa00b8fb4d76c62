"""What an account works on by itself: asked how far it is until it has ended, with a bar for who watches."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from interdesk.api import Api

POLL_SECONDS = 0.5
ENDED = ("done", "failed", "error")

Told = Callable[[int, int | None], None]


def awaited(api: Api, path: str, what: str) -> dict[str, Any]:
    """The job when it has ended; meanwhile, how far it is: `line` of its `lines`."""
    with _watched(what) as told:
        while True:
            found: dict[str, Any] = api.get(path)
            told(found["line"], found.get("lines"))
            if found["state"] in ENDED:
                return found
            time.sleep(POLL_SECONDS)


@contextmanager
def _watched(what: str) -> Iterator[Told]:
    """A bar, while a terminal watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
