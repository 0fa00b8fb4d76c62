"""What a trust makes visible to whom."""

from __future__ import annotations

from typing import Any

import pytest

from services.federation.messages.trusts import TrustAccepted
from services.organizations.model.trust_disclosure import TOLD, Line, Party, disclosed
from services.organizations.model.trusts import OPTIONS, checked_options

OWN, PARTNER = Party("Widget Data Center", "widget.example"), Party("GigaTera", "gigatera.example")


def told(**options: Any) -> list[Line]:
    return disclosed(OWN, PARTNER, checked_options(options), {3: "Operations", 5: "Networks"})


def test_all_that_introduces_an_account_is_told() -> None:
    assert {*TOLD, "invitation"} == TrustAccepted().fields.keys(), "tell of it in TOLD"


def test_without_options_both_see_who_the_other_is_and_nothing_else() -> None:
    lines = told()
    assert len(lines) == 2 * len(TOLD)
    assert {(line.to, line.of) for line in lines} == {
        ("GigaTera", "Widget Data Center"),
        ("Widget Data Center", "GigaTera"),
    }
    assert Line("GigaTera", "its domain, widget.example", "Widget Data Center") in lines


def test_of_an_account_whose_domain_is_not_known_yet_it_is_said_so() -> None:
    lines = disclosed(OWN, Party("gigatera", None), checked_options({}), {})
    (domain,) = [line.sees for line in lines if line.of == "gigatera" and "domain" in line.sees]
    assert "None" not in domain


@pytest.mark.parametrize("option", OPTIONS)
def test_each_option_tells_the_partner_will_see_something_of_ours(option: str) -> None:
    (line,) = [each for each in told(**{option: True}) if each not in told()]
    assert (line.to, line.of) == ("GigaTera", "Widget Data Center")
    assert "{" not in line.sees


def test_an_option_that_is_limited_to_teams_names_them() -> None:
    limited = told(assign_workflow_tasks=True, workflow_task_team_ids=[3, 5])[-1].sees
    assert limited.endswith('"Operations", "Networks"')
    assert told(assign_workflow_tasks=True)[-1].sees.endswith("every one of ours")
