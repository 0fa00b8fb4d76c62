"""A partner's organization: what its account told and what this account adds never change each other."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.organizations.model import cards, overlay, shapes
from services.organizations.model.rules import RuleBroken
from services.organizations.schemas import OrganizationInputSchema

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
HOME = {"id": "gigatera", "name": "GigaTera"}
FOREIGN = shapes.foreign("organization", HOME, 7, "GigaTera", NOW)
SHOWN = (overlay.NAME, *overlay.OF_CARD, *overlay.OURS, "from_account", "ours")

State = dict[str, Any]
texts = st.text(max_size=8)
entries = st.lists(st.fixed_dictionaries({"label": texts}), max_size=2)
told_cards = st.fixed_dictionaries(
    {"name": texts, "picture_uri": st.none() | texts, "addresses": entries, "contacts": entries}
)
# The partner's words, each by its revision: the same one says the same.
words = st.lists(
    st.tuples(st.lists(st.integers(1, 3), min_size=2, max_size=2), st.none() | told_cards),
    unique_by=lambda word: tuple(word[0]),
    max_size=6,
)
edits = st.fixed_dictionaries(
    {},
    optional={
        "remarks": st.none() | texts,
        "financialID": st.none() | texts,
        "attachments": st.lists(st.fixed_dictionaries({"key": texts}), max_size=2),
        "custom_fields": st.lists(st.fixed_dictionaries({"id": texts, "value": texts}), max_size=2),
    },
)


def heard(state: State, word: tuple[list[int], State | None]) -> State:
    return {**state, **(cards.heard(state, *word, NOW) or {})}


def edited(state: State, fields: State) -> State:
    return shapes.edited("organization", state, fields, NOW)


def shown(state: State) -> State:
    merged = overlay.merged(state)
    return {name: merged.get(name) for name in SHOWN}


def of_overlay(state: State) -> State:
    merged = overlay.merged(state)
    return {name: merged.get(name) for name in overlay.OURS}


def of_card(state: State) -> State:
    merged = overlay.merged(state)
    return {name: merged[name] for name in (overlay.NAME, *overlay.OF_CARD, "from_account")}


def after(told: list[Any], kept: list[State]) -> State:
    """After all the partner's words, then all edits."""
    state: State = FOREIGN
    for word in told:
        state = heard(state, word)
    for fields in kept:
        state = edited(state, fields)
    return state


@given(words, st.lists(edits, max_size=3), edits)
def test_an_overlay_never_changes_the_card(told: list[Any], earlier: list[State], fields: State) -> None:
    state = after(told, earlier)
    assert of_card(edited(state, fields)) == of_card(state)
    assert edited(state, fields)["card"] == state["card"]


@given(words, words, st.lists(edits, max_size=3))
def test_a_card_never_changes_the_overlay(told: list[Any], later: list[Any], kept: list[State]) -> None:
    state = after(told, kept)
    changed = state
    for word in later:
        changed = heard(changed, word)
    assert of_overlay(changed) == of_overlay(state)


@given(words, st.lists(edits, max_size=3))
def test_to_merge_what_is_merged_changes_nothing(told: list[Any], kept: list[State]) -> None:
    merged = overlay.merged(after(told, kept))
    assert overlay.merged(merged) == merged


@given(words, st.lists(edits, max_size=4), st.data())
def test_in_which_order_words_and_edits_come_does_not_matter(
    told: list[Any], kept: list[State], data: st.DataObject
) -> None:
    """Edits happen here, one after the other. Words arrive in any order; only under which name a withdrawn
    card is remembered follows from which ones came before it was.
    """
    coming = data.draw(st.permutations(told))
    state, edits = FOREIGN, list(kept)
    for word in coming:
        while edits and data.draw(st.sampled_from([True, False])):
            state = edited(state, edits.pop(0))
        state = heard(state, word)
    for fields in edits:
        state = edited(state, fields)
    expected = after(told, kept)
    nameless = {} if expected.get("card") else {"name": None}
    assert shown(state) | nameless == shown(expected) | nameless


@given(told_cards, st.lists(edits, min_size=1, max_size=3))
def test_what_was_kept_outlives_the_card_and_is_there_when_it_returns(card: State, kept: list[State]) -> None:
    with_card = after([([1, 1], card)], kept)
    gone = heard(with_card, ([1, 2], None))
    assert {name: overlay.merged(gone)[name] for name in overlay.OF_CARD} == dict(overlay.OF_CARD)
    assert overlay.merged(gone)["name"] == card["name"]
    assert of_overlay(gone) == of_overlay(with_card)
    assert shown(heard(gone, ([1, 3], card))) == shown(with_card)


def test_of_each_field_it_is_told_whose_it_is() -> None:
    card: State = {"name": "GigaTera", "picture_uri": None, "addresses": [], "contacts": []}
    here = overlay.merged(after([([1, 1], card)], []))
    assert set(here["from_account"]) == card.keys()
    assert set(here["ours"]).isdisjoint(here["from_account"])
    assert overlay.merged(FOREIGN)["from_account"] == ["name"], "without a card only the name is known"


def test_an_own_organization_is_shown_as_it_is() -> None:
    own = shapes.new("organization", {"name": "Widget", "remarks": "ours"}, NOW)
    assert overlay.merged(own) == own


def test_of_a_partners_organization_exactly_the_overlay_is_taken() -> None:
    overlay.takes(FOREIGN, dict.fromkeys(overlay.WRITTEN))
    for name in set(OrganizationInputSchema().fields) - set(overlay.WRITTEN):
        with pytest.raises(RuleBroken) as refused:
            overlay.takes(FOREIGN, {name: None, "remarks": "ours"})
        assert refused.value.code == "foreign_field"
        assert refused.value.errors == ((name, "is written by account gigatera"),)
