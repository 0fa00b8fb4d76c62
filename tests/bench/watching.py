"""A long job of an account, as one sees it who asks how far it is, again and again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interdesk.api import Api
from interdesk.local.local_account import LocalAccount
from tests.bench.memory import megabytes

_POLL_SECONDS = 0.25
_SAY_SECONDS = 60
_ENDED = ("done", "failed", "error")

Say = Callable[[str], None]


@dataclass
class Watched:
    """`stood_still`: for how many seconds at most nothing moved."""

    seconds: float = 0.0
    stood_still: float = 0.0
    megabytes: list[float] = field(default_factory=list)
    told: dict[str, Any] = field(default_factory=dict)


def watched(api: Api, path: str, account: LocalAccount, say: Say) -> Watched:
    seen = Watched()
    begin = moved = said = time.perf_counter()
    line = -1
    while seen.told.get("state") not in _ENDED:
        time.sleep(_POLL_SECONDS)
        seen.told = api.get(path)
        now = time.perf_counter()
        if seen.told["line"] != line:
            line, moved = seen.told["line"], now
        seen.stood_still = max(seen.stood_still, now - moved)
        seen.megabytes.append(megabytes(account))
        if now - said > _SAY_SECONDS:
            said = now
            say(f"{line:,} after {now - begin:.0f} s, {seen.megabytes[-1]:.0f} MB")
    seen.seconds = time.perf_counter() - begin
    assert seen.told["state"] == "done", seen.told
    return seen
