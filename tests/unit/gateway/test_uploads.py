"""Which bodies have files brought to the service that they go to."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gateway.context import GatewayContext
from gateway.uploads import brought
from services.common.actor import Actor

ANN = Actor(1, "widget", frozenset({"specialist"}), frozenset(), 1, "Ann")


@pytest.mark.parametrize("service", ["requests", "slas", "identity", "notifications"])
def test_nothing_is_brought_where_no_record_has_files_or_all_files_are(service: str) -> None:
    opens_nothing = cast(GatewayContext, object())
    body: dict[str, Any] = {"remarks_attachments": [{"key": "attachments/1/a.log"}]}
    brought(opens_nothing, service, ANN, 5, body)
