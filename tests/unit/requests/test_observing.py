"""What a customer's representatives are told of a provider's request, and that both sides end with the same,
however the messages between them are lost, doubled, late or waited for.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.federation.messages import check_outgoing
from services.federation.messages.observations import MAX_AGREEMENTS, OBSERVED
from services.federation.revisions import is_later, next_revision
from services.requests.model import Above, Episode, Note, Ref, Request, Visibility
from services.requests.model import observing as rules
from tests.unit.requests.federation import Federation

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
GRACE = {"id": 204, "name": "Grace Lin"}
SLA: dict[str, Any] = {
    "id": 21,
    "status": "active",
    "account": None,
    "customer_account": {"id": "widget", "name": "Widget"},
    "thread": "agreement/gigatera/1",
    "represented_by": [GRACE],
}


def held(**changes: Any) -> Request:
    """A request that GigaTera holds, and that affects the SLA."""
    return replace(Federation().create("gigatera"), **{"sla_ids": (21,), **changes})


def handed_over_by(partner: str) -> Above:
    return Above(partner, f"handover/{partner}/1", 7, "agreement/gigatera/1", Episode(1, 1))


def note(n: int, text: str = "It stops.", person: Ref | None = None, **fields: Any) -> Note:
    return Note(n, n, text, "gigatera", NOW, person, **fields)


def test_the_representatives_of_a_customer_see_what_its_sla_affects() -> None:
    assert rules.observers(held(), [SLA], ["widget"]) == {"widget": ["agreement/gigatera/1"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "expired"},
        {"represented_by": []},
        {"represented_by": None},
        {"id": 22},
        {"customer_account": None},
        {"account": {"id": "widget", "name": "Widget"}},
        {"customer_account": {"id": "stranger", "name": "Stranger"}},
    ],
    ids=["over", "nobody", "never told", "not affected", "within the account", "a partner's", "no trust"],
)
def test_nobody_sees_what_he_has_no_right_to(changes: dict[str, Any]) -> None:
    assert rules.observers(held(), [{**SLA, **changes}], ["widget"]) == {}


def test_an_account_does_not_observe_what_it_handed_over_itself() -> None:
    assert rules.observers(held(above=handed_over_by("widget")), [SLA], ["widget"]) == {}
    assert set(rules.observers(held(above=handed_over_by("globalnet")), [SLA], ["widget"])) == {"widget"}


def test_of_a_third_accounts_request_nobody_is_told_whom_it_is_for() -> None:
    for_ada = held(requested_for=Ref(5, "Ada Lovelace"))
    assert rules.snapshot(for_ada, [], ["a"])["requested_for"] == "Ada Lovelace"
    theirs = replace(for_ada, above=handed_over_by("globalnet"))
    assert rules.snapshot(theirs, [], ["a"])["requested_for"] is None


def test_only_who_was_told_to_represent_the_customer_may_act() -> None:
    assert rules.may_act(held(), [SLA], "widget", 204)
    assert not rules.may_act(held(), [SLA], "widget", 205)
    assert not rules.may_act(held(), [SLA], "globalnet", 204)
    assert not rules.may_act(held(), [{**SLA, "status": "expired"}], "widget", 204)
    assert not rules.may_act(held(sla_ids=()), [SLA], "widget", 204)


def test_a_snapshot_is_what_the_type_allows_however_much_was_said() -> None:
    notes = [note(n, "ä" * 30_000) for n in range(1, 201)]
    agreements = [f"agreement/gigatera/{n}" for n in range(MAX_AGREEMENTS)]
    body = rules.snapshot(held(), notes, agreements)
    check_outgoing(OBSERVED, {"revision": [1, 1], **body})
    assert body["note_count"] == 200
    told = [each["id"] for each in body["notes"]]
    assert told == list(range(201 - len(told), 201)), "the newest, oldest first"
    assert 0 < len(told) < 64


def test_more_agreements_than_a_message_names_are_not_told() -> None:
    many = [{**SLA, "id": id, "thread": f"agreement/gigatera/{id}"} for id in range(1, 60)]
    seen = rules.observers(held(sla_ids=tuple(range(1, 60))), many, ["widget"])
    assert len(seen["widget"]) == MAX_AGREEMENTS


def test_who_speaks_for_another_account_is_not_named_by_us() -> None:
    body = rules.snapshot(held(), [note(1, person=Ref(31, "Grace Lin", "widget"))], ["a"])
    assert body["notes"][0]["person"] is None
    body = rules.snapshot(held(), [note(1, person=Ref(31, "Howard"))], ["a"])
    assert body["notes"][0]["person"] == {"id": 31, "name": "Howard"}


def test_what_is_internal_is_none_of_it() -> None:
    internal = note(1, "CANARY", visibility=Visibility.SPECIALIST)
    assert not internal.public
    request = held(supplier_request_id="CANARY", urgent=True)
    assert "CANARY" not in repr(rules.snapshot(request, [each for each in [internal] if each.public], ["a"]))


# One thread: the holder's states come one by one, words may wait for a receipt; what is sent may come late,
# twice and in any order. In the end everything has come, and the last word stands.
STATES = st.lists(st.sampled_from([None, "a", "b", "c"]), max_size=12)


@given(STATES, st.data())
def test_the_customer_ends_with_what_the_holder_has(states: list[str | None], data: st.DataObject) -> None:
    told: str | None = None
    revision: list[int] | None = None
    on_the_way: list[tuple[list[int], str | None]] = []
    sent: list[tuple[list[int], str | None]] = []
    incarnation = 1

    def look(now: str | None) -> str | None:
        nonlocal told, revision
        word = rules.to_say(told, now, bool(on_the_way))
        if word in ("observed", "forgotten"):
            assert (word == "forgotten") == (now is None)
            revision = next_revision(revision, incarnation)
            told = now
            on_the_way.append((revision, now))
            sent.append((revision, now))
        return word

    for now in states:
        look(now)
        assert len(on_the_way) <= 1, "at most one word without a receipt"
        if data.draw(st.booleans()):
            on_the_way.clear()
        if data.draw(st.integers(0, 5)) == 0:
            incarnation += 1
    now = states[-1] if states else None
    while look(now) == "waits":
        on_the_way.clear()

    came = data.draw(st.permutations(sent + sent))
    known: list[int] | None = None
    copy: str | None = None
    for word_revision, word in came:
        if is_later(word_revision, known):
            known, copy = word_revision, word
    assert copy == now == told
