"""What a trust makes visible to whom."""

from __future__ import annotations

from services.federation.messages.trusts import TrustAccepted
from services.organizations.model.trust_disclosure import TOLD, Line, Party, disclosed

OWN, PARTNER = Party("Widget Data Center", "widget.example"), Party("GigaTera", "gigatera.example")


def test_all_that_introduces_an_account_is_told() -> None:
    assert {*TOLD, "invitation"} == TrustAccepted().fields.keys(), "tell of it in TOLD"


def test_both_see_who_the_other_is_and_nothing_else() -> None:
    lines = disclosed(OWN, PARTNER)
    assert len(lines) == 2 * len(TOLD)
    assert {(line.to, line.of) for line in lines} == {
        ("GigaTera", "Widget Data Center"),
        ("Widget Data Center", "GigaTera"),
    }
    assert Line("GigaTera", "its domain, widget.example", "Widget Data Center") in lines


def test_of_an_account_whose_domain_is_not_known_yet_it_is_said_so() -> None:
    lines = disclosed(OWN, Party("gigatera", None))
    (domain,) = [line.sees for line in lines if line.of == "gigatera" and "domain" in line.sees]
    assert "None" not in domain
