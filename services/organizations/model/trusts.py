"""Trust between two accounts: its states and the moves between them, as a table.

Each account keeps its own document about each partner and moves it by itself:

    (none) --invite or accept--> invited --accepted--> active <--suspend, resume--> suspended
                                   |                     |                              |
                                   '-------- end --------'------------- end ------------'--> ended

and from `ended` again by an invitation.

`invited` is the state of both sides until the partner's `trust.accepted` arrived: `role` tells who invited
(`inviting`) and who accepted (`accepting`). Suspending is one-sided and silent; ending is told to the partner
(`trust.ended`) and moves his side too. A trust alone shows nobody anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.organizations.model.rules import MalformedTable, RuleBroken

STATES: tuple[str, ...] = ("invited", "active", "suspended", "ended")
NONE = "none"
ROLES: tuple[str, ...] = ("inviting", "accepting")
ACCOUNT_ID = re.compile(r"[a-z][a-z0-9-]{1,30}")

MIN_EXPIRY_HOURS = 1
MAX_EXPIRY_HOURS = 720
DEFAULT_EXPIRY_HOURS = 72


@dataclass(frozen=True)
class Move:
    """One thing that may happen to a trust: from which states, to which, and what an administrator reads."""

    sources: frozenset[str]
    target: str
    says: str


MOVES: Mapping[str, Move] = {
    "invite": Move(frozenset({NONE, "invited", "ended"}), "invited", "invite the account"),
    "accept": Move(frozenset({NONE, "invited", "ended"}), "invited", "accept an invitation of the account"),
    "accepted": Move(frozenset({"invited"}), "active", "the partner accepts"),
    "suspend": Move(frozenset({"active"}), "suspended", "suspend the trust"),
    "resume": Move(frozenset({"suspended"}), "active", "resume the trust"),
    "end": Move(frozenset({"invited", "active", "suspended"}), "ended", "end the trust"),
    "ended": Move(frozenset({"invited", "active", "suspended"}), "ended", "the partner ends the trust"),
}

# What an administrator asks for by editing the status of a trust, and the move that stands for it.
EDITS: Mapping[str, str] = {"suspended": "suspend", "active": "resume", "ended": "end"}


def check_table(states: Iterable[str], moves: Mapping[str, Move]) -> None:
    """Raises MalformedTable for undeclared or unreachable states, and ones without a way out."""
    known = {NONE, *states}
    for name, move in moves.items():
        if undeclared := {*move.sources, move.target} - known:
            raise MalformedTable(f"trust move {name} names undeclared states {sorted(undeclared)}")
    reached, grew = {NONE}, True
    while grew:
        new = {move.target for move in moves.values() if move.sources & reached} - reached
        reached, grew = reached | new, bool(new)
    if unreachable := known - reached:
        raise MalformedTable(f"trust states never reached: {sorted(unreachable)}")
    if broken := [edit for edit, name in EDITS.items() if moves[name].target != edit]:
        raise MalformedTable(f"edits of the status that their moves do not bring about: {broken}")
    for state in known:
        if not any(state in move.sources and move.target != state for move in moves.values()):
            raise MalformedTable(f"trust state {state} has no way out")


check_table(STATES, MOVES)


def moved(state: str, move: str) -> str:
    """The state after a move. Raises RuleBroken `illegal_move`, which tells what would be legal."""
    if state in MOVES[move].sources:
        return MOVES[move].target
    legal = [name for name in (*EDITS.values(), "invite") if state in MOVES[name].sources]
    can = ", ".join(MOVES[name].says for name in legal)
    raise RuleBroken(
        "illegal_move",
        f"A trust that is {state} does not allow this: {MOVES[move].says}. Allowed are: {can}.",
        [("status", f"is {state}")],
    )


def edited(state: str, status: str | None) -> str:
    """The state after an edit of the status to one of `EDITS`, if any. Raises RuleBroken `illegal_move`."""
    return state if status in (None, state) else moved(state, EDITS[status])


def invitee(account: str, own_account: str) -> str:
    """Whom one may invite. Raises RuleBroken `invalid_account` or `own_account`."""
    if not ACCOUNT_ID.fullmatch(account):
        raise RuleBroken(
            "invalid_account",
            "An account id is 2 to 31 lowercase letters, digits and hyphens, a letter first.",
            [("account_id", "is not an account id")],
        )
    if account == own_account:
        raise RuleBroken(
            "own_account",
            "An account cannot trust itself. Give the id of another account.",
            [("account_id", "is your own account")],
        )
    return account


def has_expired(role: str, expires_at: datetime, now: datetime) -> bool:
    """Whether an own invitation that nobody has accepted has run out."""
    return role == "inviting" and expires_at <= now


def acceptable(state: str, role: str | None, expires_at: datetime | None, now: datetime, name: str) -> None:
    """Whether an invitation of the partner may be accepted over what is already there.

    Two administrators who invite each other must not end with two half trusts: an own invitation that still
    stands is to be withdrawn first. Raises RuleBroken `already_trusted` or `invitation_stands`.
    """
    if state in ("active", "suspended"):
        raise RuleBroken(
            "already_trusted",
            f"The trust with {name} is {state} already. End it first if it shall be made anew.",
            [("invitation", f"the trust is {state}")],
        )
    if state == "invited" and role == "inviting" and expires_at is not None and now < expires_at:
        raise RuleBroken(
            "invitation_stands",
            f"You have invited {name} yourself. End that invitation first, or let {name} accept it.",
            [("invitation", "an invitation of your own stands")],
        )
