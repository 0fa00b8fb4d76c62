"""One request: what it is about, who holds it, what was said, what was promised, and what crossed the border.

Each part is read as the API reads it; what the reader may not see is not there for him.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Response

from gateway import bodies
from gateway.answers import Answers
from gateway.context import GatewayContext
from gateway.pages.page import page
from gateway.records import Document
from gateway.resource import viewer
from gateway.resources.shapes.border import DELIVERY, HANDOVER
from gateway.resources.shapes.requests import AFFECTED_SLA, NOTE, REQUEST
from gateway.resources.shapes.timeline import SHARE
from gateway.resources.timeline import BY, held_by, summed
from services.common.errors import NotFound
from services.common.listing import MAX_PER_PAGE, Listing, ListQuery
from services.common.roles import SEE_REQUESTS, WATCHERS
from services.federation import queries as border
from services.requests import queries
from services.slas import queries as slas

MOST_ENTRIES: Final = 200
"""Of a history so many are shown, the newest."""


class OneRequest:
    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self._context = context
        self._answers = answers
        self._database = context.databases["requests"]

    def get(self, id: str) -> Response:
        number = bodies.record_id(id, self._context.config.domain, REQUEST.type)
        document = queries.get_request(self._database, number, viewer())
        (shown,) = self._answers.shown(REQUEST, [document])
        notes, notes_left = self._notes(number)
        history = self._history(number)
        return page(
            self._context,
            "request.html",
            request=shown,
            notes=notes,
            notes_left=notes_left,
            affected=self._affected(number),
            holding=self._holding(number),
            handover=self._handover(number),
            deliveries=self._deliveries(number),
            history=history[-MOST_ENTRIES:][::-1],
            history_left=max(0, len(history) - MOST_ENTRIES),
            sees_internal=viewer().has(*SEE_REQUESTS),
        )

    def _notes(self, id: int) -> tuple[list[Document], int]:
        """The newest notes, oldest first, and how many more there are."""
        found = queries.list_notes_of_request(self._database, id, _newest(NOTE.listing), viewer())
        shown = self._answers.shown(NOTE, found.items)
        return shown[::-1], max(0, found.total - len(shown))

    def _affected(self, id: int) -> list[Document]:
        database, query = self._context.databases["slas"], _newest(AFFECTED_SLA.listing)
        found = slas.list_affected_slas_of_request(database, id, query, viewer())
        return self._answers.shown(AFFECTED_SLA, found.items)

    def _holding(self, id: int) -> dict[str, Any]:
        """Who holds it now (None: nobody does), since when, and each account's time."""
        periods = held_by(self._context, id, viewer())
        last = periods[-1] if periods else None
        now = None if last is None or not last["goes_on"] or last["account"] is None else last
        shares = [{"id": n, **each} for n, each in enumerate(summed(periods, BY["accounts"]), start=1)]
        return {
            "now": None if now is None else self._answers.shown(SHARE, [{**now, "id": 1, **_NO_SPAN}])[0],
            "since": None if now is None else now["since"],
            "shares": [each for each in self._answers.shown(SHARE, shares) if each["account"]],
        }

    def _handover(self, id: int) -> Document | None:
        if not viewer().has(*SEE_REQUESTS):
            return None
        try:
            found = queries.get_handover(self._database, id, viewer())
        except NotFound:
            return None
        return self._answers.shown(HANDOVER, [found])[0]

    def _deliveries(self, id: int) -> list[Document]:
        if not viewer().has(*WATCHERS):
            return []
        query = _newest(DELIVERY.listing, ("request", str(id)))
        found = border.list_deliveries(self._context.at_the_border, query, viewer())
        shown = self._answers.shown(DELIVERY, found.items, DELIVERY.listing.names)
        names = queries.account_names(self._database, {each["partner"] for each in shown})
        named = [{**each, "partner": names.get(each["partner"], each["partner"])} for each in shown]
        return sorted(named, key=lambda each: str(each["created_at"]), reverse=True)

    def _history(self, id: int) -> list[Document]:
        return queries.get_history(self._database, id, viewer()) if viewer().has(*SEE_REQUESTS) else []


_NO_SPAN: Final = {"duration": None, "support_hours_duration": None}


def _newest(listing: Listing, *more: tuple[str, str]) -> ListQuery:
    """The newest of a list, as many as a page holds."""
    return ListQuery.parse([("per_page", str(MAX_PER_PAGE)), *more], listing)
