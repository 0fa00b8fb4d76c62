"""Which partner's service instance can be put on a request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.slas.model import (
    COVERAGES,
    OF_GROUPS,
    Agreement,
    Asking,
    Group,
    NotCovered,
    Target,
    covers,
    permitted,
)
from services.slas.model.coverage import CHOSEN_BY_COVERAGE, misfits

HOSTING = Target(id=70, name="Hosting Gold", status="in_production")
SLA = Agreement(
    id=5,
    name="Hosting for Widget",
    partner="gigatera",
    partner_name="GigaTera",
    trust="active",
    status="active",
    service_instance_id=70,
    coverage="service_instances",
    service_instance_ids=frozenset({11}),
)
NAMES = {11: "Webshop", 12: "Payroll"}


def refusal(agreements: list[Agreement], asking: Asking, target: Target = HOSTING) -> str:
    with pytest.raises(NotCovered) as refused:
        permitted(agreements, target, asking, NAMES)
    return refused.value.message


def test_a_request_about_a_covered_service_instance_may_be_handed_over() -> None:
    assert permitted([SLA], HOSTING, Asking(own_service_instance_id=11), NAMES) is SLA


def test_a_request_about_another_service_instance_is_refused_and_told_what_is_allowed() -> None:
    text = refusal([SLA], Asking(own_service_instance_id=12))
    assert 'No active SLA for the service instance "Hosting Gold" covers this request' in text
    assert '"Hosting for Widget" covers requests about "Webshop"' in text


def test_members_of_the_teams_of_a_covered_service_instance_are_covered() -> None:
    asking = Asking(own_service_instance_id=None, supported_instance_ids=frozenset({11, 12}))
    assert permitted([SLA], HOSTING, asking, NAMES) is SLA


def test_a_request_without_service_instance_by_anyone_else_is_refused() -> None:
    assert "allowed" in refusal([SLA], Asking())


def test_a_customer_that_chose_nothing_yet_is_told_who_must_choose() -> None:
    text = refusal([replace(SLA, service_instance_ids=frozenset())], Asking(own_service_instance_id=11))
    assert "a service level manager must choose" in text


def test_an_agreement_that_is_not_active_allows_nothing() -> None:
    text = refusal([replace(SLA, status="scheduled_for_activation")], Asking(own_service_instance_id=11))
    assert '"Hosting for Widget" is scheduled for activation' in text


def test_a_suspended_trust_allows_nothing_new() -> None:
    text = refusal([replace(SLA, trust="suspended")], Asking(own_service_instance_id=11))
    assert text == "The trust with GigaTera is suspended: nothing new can be handed over to it."


def test_a_discontinued_service_instance_is_refused() -> None:
    text = refusal([SLA], Asking(own_service_instance_id=11), replace(HOSTING, status="discontinued"))
    assert text == 'The service instance "Hosting Gold" is discontinued.'


def test_an_agreement_about_another_service_instance_is_no_agreement_about_this_one() -> None:
    text = refusal([replace(SLA, service_instance_id=71)], Asking(own_service_instance_id=11))
    assert text == 'There is no SLA for the service instance "Hosting Gold".'


def test_coverage_customer_account_covers_everybody() -> None:
    assert covers(replace(SLA, coverage="customer_account"), Asking())


def test_coverage_organizations_looks_at_the_requesters_own_organization_only() -> None:
    sla = replace(SLA, coverage="organizations", organization_ids=frozenset({3}))
    assert covers(sla, Asking(organization_ids=(3, 1)))
    assert not covers(sla, Asking(organization_ids=(4, 3, 1)))


def test_coverage_with_descendants_looks_at_the_organizations_above_too() -> None:
    sla = replace(SLA, coverage="organizations_and_descendants", organization_ids=frozenset({3}))
    assert covers(sla, Asking(organization_ids=(4, 3, 1)))
    assert not covers(sla, Asking(organization_ids=(4, 1)))


def test_coverage_people_looks_at_the_requester() -> None:
    sla = replace(SLA, coverage="people", people_ids=frozenset({8}))
    assert covers(sla, Asking(requester_id=8))
    assert not covers(sla, Asking(requester_id=9))
    assert not covers(sla, Asking(requester_id=None))


def test_coverage_sites_looks_at_where_the_requester_works() -> None:
    sla = replace(SLA, coverage="sites", site_ids=frozenset({2}))
    assert covers(sla, Asking(site_id=2))
    assert not covers(sla, Asking(site_id=3))
    assert not covers(sla, Asking(site_id=None))


def test_coverage_organizations_and_sites_takes_both() -> None:
    chosen: dict[str, Any] = {"organization_ids": frozenset({3}), "site_ids": frozenset({2})}
    sla = replace(SLA, coverage="organizations_and_sites", **chosen)
    assert covers(sla, Asking(organization_ids=(3, 1), site_id=2))
    assert not covers(sla, Asking(organization_ids=(3, 1), site_id=4))
    assert not covers(sla, Asking(organization_ids=(4, 3), site_id=2))
    assert not covers(sla, Asking(organization_ids=(3, 1)))


def test_a_coverage_group_covers_whom_it_would_cover_as_an_sla() -> None:
    groups = (
        Group("Board", "people", people_ids=frozenset({8})),
        Group("Plant", "organizations_and_sites", frozenset({3}), frozenset({2})),
    )
    sla = replace(SLA, coverage="coverage_groups", groups=groups)
    assert covers(sla, Asking(requester_id=8))
    assert covers(sla, Asking(requester_id=9, organization_ids=(3,), site_id=2))
    assert not covers(sla, Asking(requester_id=9, organization_ids=(3,), site_id=1))
    assert not covers(replace(sla, groups=()), Asking(requester_id=8))


@pytest.mark.parametrize("coverage", COVERAGES)
def test_what_a_coverage_does_not_speak_of_is_not_chosen_for_it(coverage: str) -> None:
    fields = {field for fields in CHOSEN_BY_COVERAGE.values() for field in fields}
    refused = {field for field, _ in misfits(coverage, fields)}
    assert refused == fields - set(CHOSEN_BY_COVERAGE[coverage])


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ({"coverage": "sites"}, "covers people of no chosen sites yet"),
        (
            {
                "coverage": "organizations_and_sites",
                "organization_ids": frozenset({3}),
                "site_ids": frozenset({2}),
            },
            "covers people of 1 chosen organizations at 1 chosen sites",
        ),
        (
            {"coverage": "coverage_groups", "groups": (Group("Board", "people"),)},
            'covers those whom the coverage groups "Board" cover',
        ),
    ],
)
def test_a_refusal_says_whom_the_agreement_covers(chosen: dict[str, Any], text: str) -> None:
    assert text in refusal([replace(SLA, service_instance_ids=frozenset(), **chosen)], Asking())


def test_whom_groups_and_sites_cover_is_between_the_chosen_people_and_all_of_an_organization() -> None:
    asking = Asking(requester_id=8, organization_ids=(3,), site_id=2)
    organizations, sites, people = frozenset({3}), frozenset({2}), frozenset({8})
    groups = (Group("Board", "people", people_ids=people),)
    wide = [
        replace(SLA, id=id, coverage=coverage, organization_ids=organizations, site_ids=sites, groups=groups)
        for id, coverage in enumerate(
            ("organizations", "sites", "coverage_groups", "organizations_and_sites")
        )
    ]
    while wide:
        assert permitted(wide, HOSTING, asking, NAMES) is wide.pop()


def test_the_agreement_for_the_narrowest_case_is_taken() -> None:
    wide = replace(SLA, id=1, coverage="customer_account")
    older_twin = replace(SLA, id=4)
    chosen = permitted([wide, SLA, older_twin], HOSTING, Asking(own_service_instance_id=11), NAMES)
    assert chosen is older_twin


@given(
    st.lists(
        st.builds(
            Agreement,
            id=st.integers(1, 9),
            name=st.just("SLA"),
            partner=st.just("p"),
            partner_name=st.just("P"),
            trust=st.sampled_from(["active", "suspended", "ended"]),
            status=st.sampled_from(["being_prepared", "scheduled_for_activation", "active", "expired"]),
            service_instance_id=st.sampled_from([70, 71]),
            coverage=st.sampled_from(COVERAGES),
            service_instance_ids=st.frozensets(st.integers(10, 12)),
            organization_ids=st.frozensets(st.integers(1, 3)),
            site_ids=st.frozensets(st.integers(1, 3)),
            people_ids=st.frozensets(st.integers(1, 3)),
            groups=st.lists(
                st.builds(
                    Group,
                    name=st.just("Group"),
                    coverage=st.sampled_from(OF_GROUPS),
                    site_ids=st.frozensets(st.integers(1, 3)),
                    people_ids=st.frozensets(st.integers(1, 3)),
                ),
                max_size=2,
            ).map(tuple),
        ),
        max_size=4,
    ),
    st.builds(
        Asking,
        own_service_instance_id=st.none() | st.integers(10, 12),
        requester_id=st.none() | st.integers(1, 3),
        organization_ids=st.lists(st.integers(1, 3), unique=True).map(tuple),
        site_id=st.none() | st.integers(1, 3),
        supported_instance_ids=st.frozensets(st.integers(10, 12)),
    ),
)
def test_allowed_is_what_an_agreement_in_force_covers_and_every_refusal_has_a_text(
    agreements: list[Agreement], asking: Asking
) -> None:
    in_force = [one for one in agreements if (one.status, one.trust) == ("active", "active")]
    fitting = [one for one in in_force if one.service_instance_id == HOSTING.id and covers(one, asking)]
    if fitting:
        assert permitted(agreements, HOSTING, asking, NAMES) in fitting
    else:
        assert refusal(agreements, asking).endswith(".")
