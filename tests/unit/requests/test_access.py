"""Who sees a request, and that the list of what he sees is the same."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.requests.model import Ref, Request, Who
from services.requests.model.access import Viewer, relation, sees
from services.requests.queries.listings import related
from services.requests.store import _state
from tests.unit.requests.federation import Federation

ANN, BEN = 1, 2
OFFICE, PLANT = 11, 12
GOLD, SILVER = 21, 22
HOSTING = "agreement/gigatera/widget"

PEOPLE = st.sampled_from([ANN, BEN])
ROLES = st.frozensets(st.sampled_from(["key_contact", "specialist", "auditor", "account_designer"]))
VIEWERS = st.builds(
    Viewer,
    PEOPLE,
    ROLES,
    st.frozensets(st.sampled_from([OFFICE, PLANT])),
    st.frozensets(st.sampled_from([GOLD, SILVER])),
    st.frozensets(st.sampled_from([HOSTING, "agreement/globalnet/widget"])),
)


def ref(id: int | None) -> Ref | None:
    return None if id is None else Ref(id, str(id))


def asked(
    by: int | None,
    for_: int | None,
    organization: int | None,
    slas: tuple[int, ...] = (),
    handed_over: bool = False,
) -> Request:
    federation = Federation()
    instance = federation["widget"].leads["gigatera"].service_instance if handed_over else None
    made = federation.create("widget", service_instance=instance)
    return replace(
        made, requested_by=ref(by), requested_for=ref(for_), organization=ref(organization), sla_ids=slas
    )


REQUESTS = st.builds(
    asked,
    st.none() | PEOPLE,
    st.none() | PEOPLE,
    st.sampled_from([None, OFFICE, PLANT]),
    st.sampled_from([(), (GOLD,), (SILVER,), (GOLD, SILVER)]),
    st.booleans(),
)


def matches(document: Any, filter: Any) -> bool:
    """As MongoDB takes such a filter."""
    if "$or" in filter:
        return any(matches(document, each) for each in filter["$or"])
    ((path, wanted),) = filter.items()
    values = [document]
    for name in path.split("."):
        found = [(value or {}).get(name) for value in values]
        values = [item for each in found for item in (each if isinstance(each, list) else [each])]
    return not set(wanted["$in"] if isinstance(wanted, dict) else [wanted]).isdisjoint(values)


@given(REQUESTS, VIEWERS)
def test_the_filter_finds_exactly_what_the_rule_lets_see(request: Request, viewer: Viewer) -> None:
    document = _state(request, (), {"sla_ids": list(request.sla_ids)})
    nobody_of_staff = replace(viewer, roles=viewer.roles & {"key_contact"})
    assert matches(document, related(viewer)) == sees(request, nobody_of_staff)


@given(REQUESTS, VIEWERS)
def test_what_lets_see_adds_up(request: Request, viewer: Viewer) -> None:
    alone = (
        Viewer(viewer.person_id),
        replace(viewer, person_id=0, sla_ids=frozenset(), agreements=frozenset()),
        Viewer(0, sla_ids=viewer.sla_ids),
        Viewer(0, agreements=viewer.agreements),
    )
    assert relation(request, viewer) == frozenset().union(*(relation(request, each) for each in alone))


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        (Viewer(ANN), {Who.REQUESTER}),
        (Viewer(BEN), set()),
        (Viewer(BEN, organization_ids=frozenset({OFFICE})), set()),
        (Viewer(BEN, frozenset({"key_contact"}), frozenset({PLANT, OFFICE})), {Who.KEY_CONTACT}),
        (Viewer(BEN, frozenset({"key_contact"}), frozenset({PLANT})), set()),
        (Viewer(BEN, frozenset({"key_contact"})), set()),
        (Viewer(BEN, sla_ids=frozenset({GOLD})), {Who.REPRESENTATIVE}),
        (Viewer(BEN, sla_ids=frozenset({SILVER})), set()),
        (Viewer(BEN, frozenset({"account_designer"})), set()),
        (Viewer(BEN, frozenset({"specialist"})), {Who.SPECIALIST}),
    ],
)
def test_what_a_person_is_to_a_request(viewer: Viewer, expected: set[Who]) -> None:
    assert relation(asked(ANN, ANN, OFFICE, (GOLD,)), viewer) == expected


def test_who_represents_a_partners_sla_sees_what_was_handed_over_under_it_also_when_it_is_back() -> None:
    viewer = Viewer(BEN, sla_ids=frozenset({GOLD}), agreements=frozenset({HOSTING}))
    given = asked(ANN, ANN, OFFICE, handed_over=True)
    assert relation(given, viewer) == {Who.REPRESENTATIVE}
    (link,) = given.below
    assert sees(replace(given, below=(replace(link, open=False),)), viewer)
    assert not sees(asked(ANN, ANN, OFFICE), viewer)
    assert not sees(given, replace(viewer, agreements=frozenset()))


def test_somebody_without_an_organization_is_no_key_contact_of_what_has_none() -> None:
    assert relation(asked(ANN, ANN, None), Viewer(BEN, frozenset({"key_contact"}))) == frozenset()


def test_of_a_new_request_everybody_is_the_requester() -> None:
    assert relation(None, Viewer(BEN)) == {Who.REQUESTER}
