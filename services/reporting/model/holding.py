"""Who held a request: its marks cut into periods, as the API tells them (`/requests/:id/timeline/periods`).

A mark says who has a request from a moment on. Marks may come twice and in any order: they are kept by their
number, and periods are cut from all of them anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

Document = dict[str, Any]

COMPLETED: Final = "completed"
_HELD: Final = ("account", "team_id", "status", "completed_at")


def with_mark(marks: Iterable[Mapping[str, Any]], mark: Mapping[str, Any] | None) -> list[Document]:
    """All marks in the order of their numbers, each once."""
    known = {each["n"]: dict(each) for each in marks}
    if mark is not None:
        known.setdefault(mark["n"], dict(mark))
    return [known[n] for n in sorted(known)]


def periods(marks: Iterable[Mapping[str, Any]]) -> list[Document]:
    """`[{n, started_at, ended_at, account, team_id, status, passed, minutes}]` of marks in their order.

    `ended_at` and `minutes` (whole ones, by the clock on the wall) are None of the last one while it goes on;
    a request that is completed is held by nobody, so its last mark begins no period. What took no time is
    left out. `passed`: another account had it before.
    """
    begun: list[Document] = []
    for mark in marks:
        at = mark["at"] if not begun else max(mark["at"], begun[-1]["at"])
        if begun and begun[-1]["at"] == at:
            begun.pop()
        if not begun or any(begun[-1][name] != mark[name] for name in _HELD):
            begun.append({**mark, "at": at})
    found: list[Document] = []
    for each, after in zip(begun, [*begun[1:], None], strict=False):
        if after is None and each["status"] == COMPLETED:
            break
        found.append(_period(each, after, found[-1] if found else None))
    return found


def _period(mark: Document, after: Document | None, before: Document | None) -> Document:
    return {
        "n": mark["n"],
        "started_at": mark["at"],
        "ended_at": after and after["at"],
        "account": mark["account"],
        "team_id": mark["team_id"],
        "status": mark["status"],
        "passed": int(before is not None and before["account"] != mark["account"]),
        "minutes": after and int((after["at"] - mark["at"]).total_seconds() // 60),
    }


def accounts(found: Iterable[Mapping[str, Any]]) -> list[str]:
    """The accounts that had it, one after the other; what nobody had is not told apart."""
    in_turn: list[str] = []
    for account in (each["account"] for each in found if each["account"] is not None):
        if not in_turn or in_turn[-1] != account:
            in_turn.append(account)
    return in_turn
