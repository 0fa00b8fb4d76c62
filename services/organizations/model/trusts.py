"""Trust between two accounts: its states, the moves between them, and its options, as tables.

Each account keeps its own document about each partner and moves it by itself:

    (none) --invite or accept--> invited --accepted--> active <--suspend, resume--> suspended
                                   |                     |                              |
                                   '-------- end --------'------------- end ------------'--> ended

and from `ended` again by an invitation.

`invited` is the state of both sides until the partner's `trust.accepted` arrived: `role` tells who invited
(`inviting`) and who accepted (`accepting`). Suspending is one-sided and silent; ending is told to the partner
(`trust.ended`) and moves his side too. A trust alone shows nobody anything.

Options are what *we allow the partner*; what the partner allows us is written in his account. All are off by
default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True)
class Option:
    """`shows`: what the partner sees of ours by it; `{teams}` in it are those that it is limited to.
    `limited_to_teams`: the name of the list of own teams that the option may be limited to, if any.
    """

    meaning: str
    shows: str
    limited_to_teams: str | None = field(default=None)


_TEAMS = "the names of the teams that {what} may be given to, and of their members: {{teams}}"

OPTIONS: Mapping[str, Option] = {
    "roles_for_their_people": Option(
        "people of the partner may be given roles in our account",
        "what each role shows here, for those of its people who are given one",
    ),
    "roles_for_our_people": Option(
        "our people may be given roles in the partner's account",
        "the names and e-mail addresses of our people, to give them roles there",
    ),
    "assign_approvals": Option(
        "may ask anyone of ours for approval of his workflows",
        "the names of our people, to ask them for approval",
    ),
    "assign_workflow_tasks": Option(
        "may assign tasks of his workflows to our teams",
        _TEAMS.format(what="tasks of its workflows"),
        "workflow_task_team_ids",
    ),
    "assign_project_tasks": Option(
        "may assign tasks of his projects to our teams",
        _TEAMS.format(what="tasks of its projects"),
        "project_task_team_ids",
    ),
    "view_workflow_notes": Option(
        "may read notes and attachments of our workflows",
        "notes and attachments of our workflows",
    ),
    "view_time_spent": Option(
        "may see the time we spent on his workflow and project tasks",
        "the time that our people spent on tasks of its workflows and projects",
    ),
    "assign_ci_support": Option(
        "may make our teams responsible for his CIs",
        _TEAMS.format(what="its CIs"),
        "ci_support_team_ids",
    ),
    "register_requests_for_specialists": Option(
        "may register requests for our specialists",
        "the names and contact details of our specialists, to register requests for them",
    ),
}
TEAM_LISTS: tuple[str, ...] = tuple(
    option.limited_to_teams for option in OPTIONS.values() if option.limited_to_teams is not None
)


def check_tables(states: Iterable[str], moves: Mapping[str, Move], options: Mapping[str, Option]) -> None:
    """Raises MalformedTable for undeclared or unreachable states, ones without a way out, doubled lists."""
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
    lists = [option.limited_to_teams for option in options.values() if option.limited_to_teams]
    if len(lists) != len(set(lists)):
        raise MalformedTable("two trust options are limited by the same list of teams")


check_tables(STATES, MOVES, OPTIONS)


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


def checked_options(given: Mapping[str, Any], standing: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All options: as given, else as they stand, else off. Switching one off empties its list of teams.

    Raises RuleBroken `unknown_option`, or `teams_without_option` for a list whose option is off.
    """
    if unknown := sorted(given.keys() - OPTIONS.keys() - set(TEAM_LISTS)):
        raise RuleBroken(
            "unknown_option",
            f"Options of a trust are: {', '.join((*OPTIONS, *TEAM_LISTS))}.",
            [("options", f"unknown: {', '.join(unknown)}")],
        )
    options = {**(standing or {}), **given}
    for name, option in OPTIONS.items():
        if given.get(name) is False and option.limited_to_teams not in given:
            options.pop(option.limited_to_teams or "", None)
    result: dict[str, Any] = {name: bool(options.get(name, False)) for name in OPTIONS}
    for name, option in OPTIONS.items():
        if option.limited_to_teams is None:
            continue
        teams = sorted(set(options.get(option.limited_to_teams) or ()))
        if teams and not result[name]:
            raise RuleBroken(
                "teams_without_option",
                f"The list {option.limited_to_teams} means nothing while {name} is off. Switch that on too.",
                [("options", f"{option.limited_to_teams} needs {name}")],
            )
        result[option.limited_to_teams] = teams
    return result
