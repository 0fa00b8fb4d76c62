"""What a partner is allowed, as it is given to `interdesk trust`, and what is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

import typer

from interdesk.commands.output import WRONG_USE, Refusal, say
from services.organizations.model.trusts import OPTIONS, Option

Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow",
        help=f"Allow the partner this; repeat for more. One of {', '.join(OPTIONS)}. "
        "With ids of own teams, as assign_workflow_tasks:3,5, it is limited to them.",
    ),
]
Deny = Annotated[
    list[str] | None, typer.Option("--deny", help="Allow the partner this no longer; repeat for more.")
]
_WITH_TEAMS: Final = re.compile(r"(?P<name>[a-z_]+)(:(?P<teams>[0-9]{1,12}(,[0-9]{1,12})*))?")


def options_in(allow: Iterable[str] | None, deny: Iterable[str] | None = None) -> dict[str, Any]:
    """`{"options": …}` as the API takes it; empty when nothing is said. Raises Refusal."""
    options: dict[str, Any] = {}
    for given in allow or ():
        found = _WITH_TEAMS.fullmatch(given)
        name = found["name"] if found else given
        option = _option(name)
        options[name] = True
        if option.limited_to_teams is not None:
            teams = found["teams"] if found else None
            options[option.limited_to_teams] = [int(id) for id in teams.split(",")] if teams else []
        elif found and found["teams"]:
            raise Refusal(f"{name} is not limited to teams: leave :{found['teams']} out", WRONG_USE)
    for name in deny or ():
        _option(name)
        if name in options:
            raise Refusal(f"{name} is both allowed and denied: say one of them", WRONG_USE)
        options[name] = False
    return {"options": options} if options else {}


def tell(lines: Iterable[Mapping[str, Any]]) -> None:
    """Who will see what, beside what the command answers."""
    for line in lines:
        say(f"{line['to']} sees, of {line['of']}: {line['sees']}")


def _option(name: str) -> Option:
    if name not in OPTIONS:
        raise Refusal(f"{name} is no option of a trust; they are: {', '.join(OPTIONS)}", WRONG_USE)
    return OPTIONS[name]
