"""Who may call a route. Every view declares it; an application with a view that does not is not built.

    class Teams(MethodView):
        @allowed(*ROLES, scope="teams")
        def get(self): ...

A declared audience is checked before the view runs, so a view never sees a caller it was not written for.
What of the records such a caller sees is the business of the service's `queries`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from flask.typing import RouteCallable
from werkzeug.routing import Rule

from services.common.actor import Actor
from services.common.errors import Forbidden
from services.common.roles import ROLES

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Audience:
    """`token`: one is needed. `roles`: one of them is needed; none means every person of the account.
    `scope`: the resource that a token must have been made for. `session`: who calls has signed in to the
    pages; no token is taken there."""

    token: bool
    roles: frozenset[str] = frozenset()
    scope: str = ""
    session: bool = False

    @property
    def known(self) -> bool:
        """Whether it has to be known who calls."""
        return self.token or self.session

    def check(self, actor: Actor) -> None:
        """Raises Forbidden for an actor outside the audience."""
        if self.roles and not actor.has(*self.roles):
            raise Forbidden("role_missing", "Forbidden")


def anyone(view: View) -> View:
    """A view that needs no token: it tells nothing about the account's records."""
    return _declare(view, Audience(token=False))


def signed_in(view: View) -> View:
    """A page for every person of the account who has signed in."""
    return _declare(view, Audience(token=False, session=True))


def everyone(scope: str) -> Callable[[View], View]:
    """A view for every person of the account, with or without a role."""
    return lambda view: _declare(view, Audience(token=True, scope=scope))


def allowed(*roles: str, scope: str) -> Callable[[View], View]:
    """A view for people with one of the roles."""
    if not roles or (unknown := set(roles) - ROLES):
        raise ValueError(f"roles are needed, and of these: {sorted(ROLES)}; not {roles and sorted(unknown)}")
    return lambda view: _declare(view, Audience(token=True, roles=frozenset(roles), scope=scope))


def audience_of(view: RouteCallable, method: str) -> Audience | None:
    """What the view that answers `method` declared."""
    view_class = getattr(view, "view_class", None)
    name = "get" if method == "HEAD" else method.lower()
    function = getattr(view_class, name, None) if view_class else view
    declared = getattr(function, "audience", None)
    return declared if isinstance(declared, Audience) else None


def check_all_declared(app: Flask) -> None:
    """Raises ValueError naming the routes without a declared audience."""
    missing = [f"{method} {rule}" for rule, method in routes(app) if not _declared(app, rule, method)]
    if missing:
        raise ValueError(f"routes that say not who may call them: {missing}")


def routes(app: Flask) -> list[tuple[Rule, str]]:
    """Every route and method of an application."""
    return [(rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())]


def _declared(app: Flask, rule: Rule, method: str) -> Audience | None:
    return audience_of(app.view_functions[rule.endpoint], method)


def _declare(view: View, audience: Audience) -> View:
    view.audience = audience  # type: ignore[attr-defined]
    return view
