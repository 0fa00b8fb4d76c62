"""What all pages have: who reads, in which zone, where he may go; and what no browser may do with them.

Nothing is loaded but from here, nothing runs, no form goes elsewhere, no other site frames a page or learns
its address. User text goes out escaped, always: the templates have no way around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, g, render_template, request

from gateway.context import GatewayContext
from gateway.pages import wording
from gateway.resource import viewer
from gateway.sessions import form_key
from services.common.errors import InterdeskError, NotFound
from services.common.roles import SEE_REQUESTS
from services.organizations import queries as organizations
from services.reporting import queries as reporting

POLICY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

STAFF_LISTS: Final = (
    ("assigned_to_me", "Assigned to me"),
    ("assigned_to_my_team", "My teams’"),
    ("open", "All open"),
    ("completed", "All completed"),
    ("requested_by_or_for_me", "What I asked for"),
    ("all_requests", "All Requests"),
)
OWN_LISTS: Final = (
    ("open", "Open"),
    ("completed", "Completed"),
    ("requested_by_or_for_me", "What I asked for"),
    ("all_requests", "All Requests"),
)


def protect(response: Response) -> Response:
    """Puts the policy on a response; a file has a stricter one of its own."""
    for name, value in POLICY.items():
        response.headers.setdefault(name, value)
    return response


def lists() -> tuple[tuple[str, str], ...]:
    """The lists of requests that the reader is led to: `(predefined filter, title)`."""
    return STAFF_LISTS if viewer().has(*SEE_REQUESTS) else OWN_LISTS


def page(context: GatewayContext, template: str, status: int = 200, **values: Any) -> Response:
    """A page for who has signed in."""
    account, zone = _place(context)
    boards = reporting.has_dashboards(context.databases["reporting"], viewer())
    id = context.sessions.id_in(request.cookies)
    frame = {
        "account": account,
        "reader": viewer(),
        "zone": zone,
        "lists": lists(),
        "has_dashboards": boards,
        "sign_out_key": form_key(id) if id else "",
    }
    return Response(render_template(template, **frame, **values), status, mimetype="text/html")


def plain_page(context: GatewayContext, template: str, status: int = 200, **values: Any) -> Response:
    """A page for anybody: it tells nothing of the account but its name."""
    frame = {
        "account": {"name": context.config.name or context.config.account},
        "reader": None,
        "zone": wording.zone_of(),
        "status": status,
    }
    return Response(render_template(template, **frame, **values), status, mimetype="text/html")


def zone_of_reader(context: GatewayContext) -> ZoneInfo:
    """The zone in which he is told of times and days."""
    return _place(context)[1]


def _place(context: GatewayContext) -> tuple[Mapping[str, Any], ZoneInfo]:
    """The account, and the reader's zone: his own, else the account's."""
    if "place" not in g:
        database = context.databases["organizations"]
        account = organizations.get_account(database)
        try:
            person = organizations.get_person(database, viewer().person_id or 0, viewer())
        except NotFound:
            person = {}
        g.place = account, wording.zone_of(person.get("time_zone"), account.get("time_zone"))
    place: tuple[Mapping[str, Any], ZoneInfo] = g.place
    return place


def failure_page(context: GatewayContext, error: InterdeskError, status: int) -> Response:
    """A page that says what went wrong and what to do. Whatever is down, it is made without it."""
    return plain_page(context, "failure.html", status, error=error)
