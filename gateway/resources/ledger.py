"""The ledger, for those who audit: what was sent and received as it was sealed, whose keys sealed it, and the
account's own seal on how far it goes. `interdesk ledger export` makes a file of it (docs/ledger.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from gateway import bodies, documents
from gateway.answers import Answers, of_json
from gateway.asked import list_query
from gateway.audiences import allowed
from gateway.context import GatewayContext
from gateway.resource import add_views, call, viewer
from gateway.resources.shapes.border import LEDGER_KEY, SAID
from services.common.errors import NotFound
from services.common.roles import AUDITORS
from services.federation import queries as border
from services.federation import schemas

KEYS_OWNER = "organizations"


class LedgerViews:
    """Each service has a ledger of its own threads; `:service` is its name."""

    def __init__(self, context: GatewayContext, answers: Answers) -> None:
        self.context = context
        self.answers = answers

    def blueprint(self) -> Blueprint:
        blueprint = Blueprint("ledger", __name__, url_prefix="/v1/ledger")
        auditors = allowed(*AUDITORS, scope="ledger")
        keys = documents.of_list(self.list_keys, LEDGER_KEY, "The public keys that accounts seal with")
        add_views(blueprint, "/keys", "keys", {"get": auditors(keys)})
        for direction, shape in SAID.items():
            view = documents.of_list(self._lister(direction), shape, f"Messages {direction}, as sealed")
            add_views(blueprint, f"/<service>/{direction}", direction, {"get": auditors(view)})
        heads = documents.describe(
            self.seal_heads,
            "How far the threads of a service go, sealed by the account",
            answers={"200": documents.answer("A page of heads", schemas.SealedHeadsSchema())},
            body=schemas.HeadsInputSchema(),
        )
        add_views(blueprint, "/<service>/heads", "heads", {"post": auditors(heads)})
        end = documents.describe(
            self.seal_end,
            "The end of an export, sealed by the account",
            answers={"200": documents.answer("The seal", schemas.SealedEndSchema())},
            body=schemas.EndInputSchema(),
        )
        add_views(blueprint, "/seal", "seal", {"post": auditors(end)})
        return blueprint

    def list_keys(self) -> Response:
        query = list_query(LEDGER_KEY.listing)
        page = border.list_keys(self.context.databases[KEYS_OWNER], query, viewer())
        return self.answers.page(LEDGER_KEY, page, query)

    def _lister(self, direction: str) -> Callable[[str], Response]:
        def list_said(service: str) -> Response:
            query = list_query(SAID[direction].listing)
            database = self.context.databases[_known(service)]
            page = border.list_said(database, direction, query, viewer())
            return self.answers.page(SAID[direction], page, query)

        return list_said

    def seal_heads(self, service: str) -> Response:
        return self._sealed(_known(service), "seal_heads")

    def seal_end(self) -> Response:
        return self._sealed(KEYS_OWNER, "seal_ledger")

    def _sealed(self, service: str, command: str) -> Response:
        sealed: Any = call(self.context, service, command, bodies.fields_of(request))
        return of_json(sealed)


def _known(service: str) -> str:
    if service not in border.SERVICES:
        raise NotFound
    return service
