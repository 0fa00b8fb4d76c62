"""An export of what was never said ends with a sentence, not with an empty ledger."""

from __future__ import annotations

import pytest

from interdesk.api import Api
from interdesk.ledger_export import NothingSaid, Scope, export
from tests.integration.interdesk.scripted import Answer, Scripted

LEDGER = "/v1/handovers/17/ledger?fields=partner%2Cthread&per_page=100"
WIDGET: list[Answer] = [(200, {}, {"id": "widget"})]


def test_a_request_that_was_never_handed_over_has_none(server: Scripted) -> None:
    server.script = {"/v1/account": WIDGET, LEDGER: [(404, {}, {"message": "Not Found"})]}
    with Api(server.url, "secret") as api, pytest.raises(NothingSaid, match="no request 17 that was handed"):
        list(export(api, Scope(request=17)))


def test_a_request_that_another_partner_has_has_none_with_this_one(server: Scripted) -> None:
    server.script = {
        "/v1/account": WIDGET,
        "/v1/trusts/globalnet": [(200, {}, {"id": "globalnet"})],
        LEDGER: [(200, {}, [{"partner": "gigatera", "thread": "handover/widget/1"}])],
    }
    with Api(server.url, "secret") as api, pytest.raises(NothingSaid, match="request 17 with globalnet"):
        list(export(api, Scope(partner="globalnet", request=17)))
