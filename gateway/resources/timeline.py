"""What happened to a request, and whose time it took.

    /requests/5/timeline            its history; an entry with which a period began has the `period`
    /requests/5/timeline/periods    who held it, in which status, from when until when
    /requests/5/timeline/accounts   the time of each account; likewise /teams and /statuses

Who held it the requests service says, what of that was within the support hours the SLAs service: here the
two are joined. Durations are whole minutes; sums are made before they are cut to that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import timedelta
from typing import Final

from flask import Response
from flask_smorest import Blueprint

from gateway import documents
from gateway.asked import list_query
from gateway.audiences import allowed
from gateway.context import GatewayContext
from gateway.records import Document, Shape
from gateway.resource import ResourceViews, add_views, viewer
from gateway.resources.shapes.timeline import PERIOD, SHARE, TIMELINE
from services.common import strict_json
from services.common.actor import Actor
from services.common.listing import page_at_hand
from services.common.roles import STAFF
from services.requests import queries
from services.slas import queries as slas

_MINUTE: Final = timedelta(minutes=1)
_NOTHING: Final = timedelta(0)
_DURATIONS: Final = ("duration", "support_hours_duration")
_TOLD: Final = ("account", "team_id", "status", "sla_id")
# By what time is summed: the path, and what is told of those who share it.
BY: Final = {
    "accounts": ("account",),
    "teams": ("account", "team_id"),
    "statuses": ("status",),
}


class Timeline:
    """The views of a request's timeline, below those of requests."""

    def __init__(self, above: ResourceViews) -> None:
        self._above = above

    def extend(self, blueprint: Blueprint) -> None:
        entries = documents.of_list(self.get_entries, TIMELINE, "All that happened to a request")
        views = {"get": allowed(*STAFF, scope=self._above.resource.path)(entries)}
        add_views(blueprint, "/<id>/timeline", "timeline", views)
        periods = documents.of_list(self.get_periods, PERIOD, "Who held a request, and how long")
        add_views(blueprint, "/<id>/timeline/periods", "periods", {"get": self._above.reader(periods)})
        for name in BY:
            summed = documents.of_list(self._summing(name), SHARE, f"A request's time, by {name}")
            add_views(blueprint, f"/<id>/timeline/{name}", name, {"get": self._above.reader(summed)})

    def get_entries(self, id: str) -> Response:
        number = self._above.id_of(id)
        query = list_query(TIMELINE.listing)
        entries = queries.get_history(self._above.database, number, viewer())
        begun = {each["n"]: _period(each) for each in self._held(number)}
        told = [{**entry, "id": entry["n"], "period": begun.get(entry["n"])} for entry in entries]
        return self._above.answers.page(TIMELINE, page_at_hand(told, TIMELINE.listing, query), query)

    def get_periods(self, id: str) -> Response:
        return self._numbered(PERIOD, [_period(each) for each in self._held(self._above.id_of(id))])

    def _summing(self, name: str) -> Callable[[str], Response]:
        def get_shares(id: str) -> Response:
            return self._numbered(SHARE, summed(self._held(self._above.id_of(id)), BY[name]))

        return get_shares

    def _numbered(self, shape: Shape, told: Sequence[Document]) -> Response:
        query = list_query(shape.listing)
        records = [{"id": number, **each} for number, each in enumerate(told, start=1)]
        return self._above.answers.page(shape, page_at_hand(records, shape.listing, query), query)

    def _held(self, id: int) -> list[Document]:
        return held_by(self._above.context, id, viewer())


def held_by(context: GatewayContext, id: int, viewer: Actor) -> list[Document]:
    """A request's periods, with how long each was, exactly. Raises NotFound."""
    periods = queries.get_periods(context.databases["requests"], id, viewer, context.clock.now())
    spans = [(each["since"], each["until"]) for each in periods]
    counted = slas.count_support_hours(context.databases["slas"], id, spans)
    sla_id, within = (None, None) if counted is None else (counted["sla_id"], counted["durations"])
    return [
        {
            **each,
            "duration": each["until"] - each["since"],
            "support_hours_duration": None if within is None else within[number],
            "sla_id": sla_id,
        }
        for number, each in enumerate(periods)
    ]


def _period(held: Document) -> Document:
    ends = {"from": held["since"], "until": None if held["goes_on"] else held["until"]}
    return {**{name: held[name] for name in _TOLD}, **ends, **_in_minutes(held)}


def summed(periods: Sequence[Document], by: tuple[str, ...]) -> list[Document]:
    """The time of all that are alike by these fields, in the order in which they first held it."""
    shares: dict[Hashable, Document] = {}
    for period in periods:
        key = tuple(strict_json.dumps(period[name]) for name in by)
        share = shares.setdefault(
            key, {name: period[name] for name in (*by, "sla_id")} | dict.fromkeys(_DURATIONS, _NOTHING)
        )
        share |= {name: _plus(share[name], period[name]) for name in _DURATIONS}
    return [{**share, **_in_minutes(share)} for share in shares.values()]


def _plus(one: timedelta | None, other: timedelta | None) -> timedelta | None:
    return None if one is None or other is None else one + other


def _in_minutes(told: Document) -> Document:
    return {name: None if told[name] is None else told[name] // _MINUTE for name in _DURATIONS}
