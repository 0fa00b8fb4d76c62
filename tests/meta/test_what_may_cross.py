"""Of every field of organizations, people, teams and sites it is decided whether partners see it. A field
that is added without a decision fails here: put its name among those that cross, or those that stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from marshmallow import Schema

from services.organizations.model.cards import card_of
from services.organizations.schemas import records
from tests.security.decided import CROSSES, STAYS

INPUTS: Mapping[str, type[Schema]] = {
    "organizations": records.OrganizationInputSchema,
    "people": records.PersonInputSchema,
    "teams": records.TeamInputSchema,
    "sites": records.SiteInputSchema,
}


@pytest.mark.parametrize("resource", sorted(INPUTS))
def test_of_every_field_it_is_decided_whether_it_crosses(resource: str) -> None:
    fields = set(INPUTS[resource]().fields)
    assert CROSSES[resource] & STAYS[resource] == set(), "both is no decision"
    assert fields - CROSSES[resource] - STAYS[resource] == set(), "decide: does it cross, or does it stay?"
    assert (CROSSES[resource] | STAYS[resource]) - fields == set(), "there is no such field any more"


def test_what_crosses_of_an_organization_is_its_card() -> None:
    organization: dict[str, Any] = {"name": "Widget", **dict.fromkeys(STAYS["organizations"], "canary")}
    assert set(card_of(organization)) == CROSSES["organizations"]
    assert "canary" not in repr(card_of(organization))
