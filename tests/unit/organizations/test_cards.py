"""What of an organization a partner may see, what is said of it, and what stays however words arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.messages import check_incoming, check_outgoing
from services.federation.messages.organizations import PUBLISHED
from services.federation.revisions import next_revision
from services.organizations.model import cards
from services.organizations.model.links import with_link
from services.organizations.schemas import OrganizationInputSchema

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
OVERLAY = {
    "remarks": "theirs to read? never",
    "financialID": "D-1000",
    "custom_fields": [{"id": "po", "value": 1}],
}
ORGANIZATION: dict[str, Any] = {
    "name": "GigaTera",
    "picture_uri": "https://gigatera.example/logo.png",
    "addresses": [{"label": "office", "city": "Rotterdam", "country": "NL"}],
    "contacts": [{"label": "service desk", "telephone": "+31 10 555 0100"}],
    **OVERLAY,
    "region": "EMEA",
    "manager_id": 3,
}

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
addresses = st.fixed_dictionaries(
    {"label": names},
    optional={
        "address": names,
        "city": names,
        "zip": names.map(lambda text: text[:20]),
        "country": st.just("NL"),
    },
)
contacts = st.fixed_dictionaries(
    {"label": names}, optional={"telephone": names, "email": names, "website": st.just("https://a.example/")}
)
organizations = st.fixed_dictionaries(
    {
        "name": names,
        "picture_uri": st.sampled_from([None, "https://a.example/p.png", "data:image/png;base64,AAAA"]),
        "addresses": st.lists(addresses, max_size=20),
        "contacts": st.lists(contacts, max_size=20),
    }
)
revisions = st.lists(st.integers(1, 4), min_size=2, max_size=2)
# A revision names one word: the same one says the same.
words = st.lists(
    st.tuples(revisions, st.none() | organizations.map(cards.card_of)), unique_by=lambda word: tuple(word[0])
)


def test_nothing_but_name_picture_and_contact_details_is_on_a_card() -> None:
    assert cards.card_of(ORGANIZATION).keys() == {"name", "picture_uri", "addresses", "contacts"}


@given(organizations, revisions)
def test_a_card_that_was_told_is_the_card_that_is_heard(
    organization: dict[str, Any], revision: list[int]
) -> None:
    card = cards.card_of(organization)
    body = check_outgoing(PUBLISHED, cards.to_wire(7, card, revision))
    assert cards.from_wire(check_incoming(PUBLISHED, body)) == card


@pytest.mark.parametrize("address", ["HTTPS://Www.gigatera.example", "http://a.example/" + "p" * 1983])
def test_what_an_organization_may_hold_can_be_told(address: str) -> None:
    contacts = [{"label": "web", "website": address}]
    held = OrganizationInputSchema().load({"name": "G", "picture_uri": address, "contacts": contacts})
    body = cards.to_wire(7, cards.card_of(held), [1, 1])
    assert check_outgoing(PUBLISHED, body) == body


@given(organizations, organizations)
def test_a_card_is_told_when_it_changed_and_only_then(one: dict[str, Any], other: dict[str, Any]) -> None:
    told, card = cards.card_of(one), cards.card_of(other)
    assert cards.to_tell(None, card, True) == "published"
    assert cards.to_tell(told, card, True) == (None if told == card else "published")
    assert cards.to_tell(told, card, False) == "withdrawn"
    assert cards.to_tell(None, card, False) is None


def test_what_is_not_on_the_card_changes_nothing_that_is_told() -> None:
    told = cards.card_of(ORGANIZATION)
    assert (
        cards.to_tell(told, cards.card_of({**ORGANIZATION, "remarks": "new", "region": "APAC"}), True) is None
    )


def test_a_card_that_is_too_large_leaves_its_picture_at_home() -> None:
    long = [{"label": "x", "address": "\N{EARTH GLOBE EUROPE-AFRICA}" * 400} for _ in range(20)]
    web = [{"label": "x", "website": "https://a.example/" + "p" * 1970} for _ in range(20)]
    large = {**ORGANIZATION, "picture_uri": "https://a.example/p.png", "addresses": long, "contacts": web}
    assert cards.card_of(large)["picture_uri"] is not None
    pictured = cards.card_of({**large, "picture_uri": "data:image/png;base64," + "A" * 89_000, "remarks": ""})
    assert pictured["picture_uri"] is not None
    heavy = [{"label": "x", "website": "https://a.example/" + "\N{EARTH GLOBE EUROPE-AFRICA}" * 1900}] * 20
    bare = cards.card_of({**large, "picture_uri": "data:image/png;base64," + "A" * 89_000, "contacts": heavy})
    assert (bare["picture_uri"], len(bare["contacts"]), len(bare["addresses"])) == (None, 20, 20)
    body = cards.to_wire(7, bare, [1, 1])
    assert check_outgoing(PUBLISHED, body) == body


def heard_all(state: dict[str, Any], said: list[Any]) -> dict[str, Any]:
    for revision, card in said:
        state = {**state, **(cards.heard(state, revision, card, NOW) or {})}
    return state


@given(words, st.randoms(use_true_random=False))
def test_the_last_revision_stays_however_words_arrive(said: list[Any], chance: Any) -> None:
    known = {"name": "introduced", **OVERLAY}
    shuffled = [*said, *said]
    chance.shuffle(shuffled)
    arrived = heard_all(known, shuffled)
    assert {name: arrived[name] for name in OVERLAY} == OVERLAY
    if said:
        last, card = max(said)[0], max(said, key=lambda word: word[0])[1]
        assert (arrived["card"], arrived["card_revision"]) == (card, last)
        assert arrived["name"] == (card["name"] if card else arrived["name"])


def test_of_a_withdrawn_card_the_name_stays() -> None:
    first = cards.heard({"name": "7"}, [1, 1], cards.card_of(ORGANIZATION), NOW)
    assert first is not None
    later = NOW + timedelta(days=1)
    gone = {**first, **(cards.heard(first, [1, 2], None, later) or {})}
    assert (gone["name"], gone["card"], gone["card_at"]) == ("GigaTera", None, later)


@given(st.none() | revisions, st.integers(1, 6))
def test_a_revision_rises_also_over_a_restore(known: list[int] | None, incarnation: int) -> None:
    risen = next_revision(known, incarnation)
    assert known is None or risen > known
    assert risen[0] >= incarnation


def test_a_card_is_missing_when_it_is_due_for_long() -> None:
    linked = with_link({"card": None, "card_at": None}, True, NOW)
    later = NOW + timedelta(hours=1)
    assert cards.is_missing(linked, NOW)
    assert not cards.is_missing(linked, NOW - timedelta(seconds=1))
    assert not cards.is_missing(with_link(linked, False, NOW), NOW)
    assert not cards.is_missing(with_link({**linked, "card": {"name": "GigaTera"}}, True, NOW), NOW)
    assert not cards.is_missing({**linked, "card_at": later}, NOW), "it was withdrawn a moment ago"
