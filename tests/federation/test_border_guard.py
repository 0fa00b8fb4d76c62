"""At the border itself: who may publish where, and what is not believed moves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from services.common import bus_json
from services.common.actor import Actor
from services.common.errors import Unavailable
from services.common.listing import ListQuery
from services.federation import stored
from services.federation.incoming.quarantine import UNKNOWN_KEY_SECONDS, Quarantine
from services.federation.partners.borders import Borders
from services.federation.partners.health import standing
from services.federation.partners.topology import exchange_of
from services.federation.partners.trusts import TrustBook
from services.federation.queries import QUARANTINED, get_quarantined, list_quarantined
from services.federation.sealing.envelope import Unverified, seal
from services.federation.sealing.rings import OwnRing, PartnerRing
from tests.federation.conftest import Sides
from tests.federation.sides import Side
from tests.waiting import wait_until

Pair = tuple[Side, Side]
WATCHER = Actor(1, "giga", frozenset({"auditor"}))


@pytest.fixture
def opened(pair: Pair) -> tuple[Side, Side, str]:
    """A pair with a thread that works."""
    return _with_thread(*pair)


@pytest.fixture
def opened_apart(pair_apart: Pair) -> tuple[Side, Side, str]:
    return _with_thread(*pair_apart)


def _with_thread(widget: Side, giga: Side) -> tuple[Side, Side, str]:
    thread = widget.open(giga.account, "1")
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted"])
    return widget, giga, thread


@pytest.fixture
def other(opened: tuple[Side, Side, str], make_side: Sides) -> Side:
    """Another partner of giga's."""
    _, giga, _ = opened
    side = make_side("other")
    side.trusts(giga)
    giga.trusts(side)
    return side


def believed_nothing(giga: Side, widget: Side, thread: str, code: str) -> None:
    giga.waits_until(lambda: giga.quarantined() == [code])
    assert giga.heard(widget.account, thread) == ["1"]
    assert len(giga.inbox(thread)) == 1


def test_a_partner_publishes_to_its_own_exchange_only(opened: tuple[Side, Side, str], other: Side) -> None:
    widget, giga, thread = opened
    sealed = widget.sealed(thread, 1)
    for exchange in (exchange_of(other.account), "amq.topic", ""):
        with pytest.raises(Unavailable):
            widget.smuggle(giga, sealed, exchange=exchange)
    assert giga.quarantined() == []


def test_a_captured_message_over_another_exchange_is_not_believed(
    opened: tuple[Side, Side, str], other: Side
) -> None:
    widget, giga, thread = opened
    other.smuggle(giga, widget.sealed(thread, 1))
    believed_nothing(giga, widget, thread, "wrong_exchange")


def test_another_partners_key_does_not_speak_for_this_one(
    opened: tuple[Side, Side, str], other: Side
) -> None:
    widget, giga, thread = opened
    forged = replace(widget.message(thread, 1), sequence=2)
    other.smuggle(giga, seal(forged, other.ring.current()))
    believed_nothing(giga, widget, thread, "wrong_sender")


def test_a_message_for_somebody_else_is_not_believed(opened: tuple[Side, Side, str]) -> None:
    widget, giga, thread = opened
    forged = replace(widget.message(thread, 1), sequence=2, recipient="globalnet")
    widget.smuggle(giga, seal(forged, widget.ring.current()))
    believed_nothing(giga, widget, thread, "wrong_recipient")


def test_an_altered_message_is_not_believed(opened: tuple[Side, Side, str]) -> None:
    widget, giga, thread = opened
    sealed = bytearray(widget.sealed(thread, 1))
    sealed[len(sealed) // 2] ^= 1
    widget.smuggle(giga, bytes(sealed))
    believed_nothing(giga, widget, thread, "bad_signature")


@pytest.mark.parametrize(
    "headers", [{"compression": "application/x-gzip"}, {"compression": "application/x-bz2", "x": 1}]
)
def test_nothing_is_inflated_for_a_stranger(
    opened: tuple[Side, Side, str], headers: dict[str, object]
) -> None:
    widget, giga, thread = opened
    widget.smuggle(giga, widget.sealed(thread, 1), headers=headers)
    believed_nothing(giga, widget, thread, "encoded_content")


def test_no_content_encoding_is_undone(opened: tuple[Side, Side, str]) -> None:
    widget, giga, thread = opened
    widget.smuggle(giga, b"\xff\xfe", content_type=bus_json.CONTENT_TYPE)  # goes with one
    believed_nothing(giga, widget, thread, "encoded_content")


def test_a_verified_message_that_fits_no_type_is_parked_in_its_thread(
    opened_apart: tuple[Side, Side, str],
) -> None:
    widget, giga, thread = opened_apart
    first = widget.message(thread, 1)
    for sequence, type, body in ((2, "note.shouted.v7", {}), (3, "note.added.v1", {"episode": 5})):
        forged = replace(first, sequence=sequence, prev=first.hash, type=type, body=body)
        widget.smuggle(giga, seal(forged, widget.ring.current()))
    giga.waits_until(lambda: [row["state"] for row in giga.inbox(thread)] == ["accepted", "parked", "parked"])
    assert [row["code"] for row in giga.inbox(thread)[1:]] == ["unknown_type", "invalid_body"]


def test_a_type_that_does_not_belong_to_the_lane_or_the_side_is_parked(
    opened_apart: tuple[Side, Side, str],
) -> None:
    widget, giga, thread = opened_apart
    first, team = widget.message(thread, 1), {"id": 1, "name": "Team"}
    taken = {"episode": [1, 1], "request_id": 1, "status": "assigned", "team": team, "member": None}
    wrong_side = replace(first, sequence=2, prev=first.hash, type="request.taken.v1", body=taken)
    agreement = f"agreement/{widget.account}/019b0000-0000-7000-8000-0000000000aa"
    ended = {"sla": {"id": 1, "status": "expired"}, "at": "2026-01-05T09:00:00.000Z"}
    wrong_lane = replace(first, thread=agreement, type="agreement.ended.v1", body=ended)
    early = f"handover/{widget.account}/019b0000-0000-7000-8000-0000000000aa"
    no_opening = replace(
        first, thread=early, type="request.recalled.v1", body={"episode": [1, 1], "note": None}
    )
    widget.smuggle(
        giga, *(seal(each, widget.ring.current()) for each in (wrong_side, wrong_lane, no_opening))
    )
    codes = {thread: "wrong_side", agreement: "wrong_lane", early: "not_an_opening"}
    for each, code in codes.items():
        wait_until(partial(last_code_is, giga, each, code))


def last_code_is(side: Side, thread: str, code: str) -> bool:
    rows = side.inbox(thread)
    return bool(rows) and rows[-1]["code"] == code


def test_what_a_new_key_has_sealed_waits_until_the_key_is_known(opened: tuple[Side, Side, str]) -> None:
    widget, giga, thread = opened
    widget.ring = widget.ring.rotated().rotated()  # its current key was announced to nobody
    widget.keeps_ring()
    widget.say(giga.account, thread, "2")
    giga.waits_until(lambda: giga.quarantined()[:1] == ["unknown_key"])
    assert giga.heard(widget.account, thread) == ["1"]
    ring = PartnerRing.from_wire(widget.account, widget.ring.to_wire())
    giga.database["copy_keyring"].replace_one({"_id": widget.account}, ring.to_document())
    TrustBook.of(giga.context).forget()
    giga.database[stored.QUARANTINE.name].update_many({}, {"$set": {"due": datetime.now(UTC)}})
    giga.waits_until(lambda: giga.heard(widget.account, thread) == ["1", "2"])
    widget.waits_until(lambda: widget.delivered(thread) == ["accepted", "accepted"])


def test_a_key_that_stays_unknown_for_15_minutes_leaves_its_message_in_quarantine(
    opened: tuple[Side, Side, str],
) -> None:
    widget, giga, thread = opened
    stranger = OwnRing.generate(widget.account)
    forged = replace(widget.message(thread, 1), sequence=2)
    widget.smuggle(giga, seal(forged, stranger.current()))
    giga.waits_until(lambda: giga.quarantined() == ["unknown_key"])
    kept = giga.database[stored.QUARANTINE.name]
    row = kept.find_one({})
    assert row is not None
    assert row["until"] - row["received_at"] == timedelta(seconds=UNKNOWN_KEY_SECONDS)
    now = datetime.now(UTC)
    kept.update_many({}, {"$set": {"due": now, "until": now}})
    giga.waits_until(lambda: kept.find_one({"due": {"$exists": True}}) is None)
    assert giga.quarantined() == ["unknown_key"]
    assert giga.heard(widget.account, thread) == ["1"]


def test_a_partner_fills_only_its_own_share_of_the_quarantine(pair: Pair) -> None:
    _, giga = pair
    quarantine = Quarantine(giga.context, Borders(giga.context, quarantine_bytes=1000))
    for number, partner in enumerate(("one", "one", "one", "other")):
        quarantine.keep(partner, bytes([number]) * 400, Unverified("bad_signature", "a test"))
    kept = giga.database[stored.QUARANTINE.name].find()
    assert sorted(row["partner"] for row in kept) == ["one", "one", "other"]
    one, other = (standing(giga.database, "requests", partner) for partner in ("one", "other"))
    assert (one.quarantined, one.quarantined_bytes, one.dropped) == (2, 800, 1)
    assert (other.quarantined, other.quarantined_bytes, other.dropped) == (1, 400, 0)
    quarantine.keep("one", bytes(300), Unverified("bad_signature", "a test"))
    again = standing(giga.database, "requests", "one")
    assert (again.dropped, again.dropped_at) == (2, again.dropped_at)
    assert one.dropped_at is not None
    assert again.dropped_at is not None
    assert again.dropped_at >= one.dropped_at


def test_a_person_makes_room_in_a_full_quarantine(pair: Pair) -> None:
    _, giga = pair
    quarantine = Quarantine(giga.context, Borders(giga.context, quarantine_bytes=1000))
    for code in ("bad_signature", "unknown_key", "bad_signature"):
        quarantine.keep("full", bytes(400), Unverified(code, "a test"))
    assert quarantine.empty("full") == 1
    kept = giga.database[stored.QUARANTINE.name].find({"partner": "full"})
    assert [row["code"] for row in kept] == ["unknown_key"]  # it is still tried again
    emptied = standing(giga.database, "requests", "full")
    assert (emptied.quarantined_bytes, emptied.dropped, emptied.dropped_at) == (400, 0, None)
    quarantine.keep("full", bytes(500), Unverified("bad_signature", "a test"))
    assert standing(giga.database, "requests", "full").quarantined == 2


def test_what_is_not_believed_shows_what_it_claims_without_credentials(
    opened: tuple[Side, Side, str],
) -> None:
    widget, giga, thread = opened
    message = widget.message(thread, 1)
    forged = replace(message, recipient="globalnet", body={**message.body, "credentials": "canary"})
    widget.smuggle(giga, seal(forged, widget.ring.current()))
    believed_nothing(giga, widget, thread, "wrong_recipient")
    databases = {"slas": giga.context.database.client["empty"], "requests": giga.database}
    (listed,) = list_quarantined(databases, ListQuery.parse({}, QUARANTINED), WATCHER).items
    shown = get_quarantined(databases, listed["id"], WATCHER)
    assert (shown["service"], shown["partner"]) == ("requests", widget.account)
    assert (shown["claims"]["recipient"], shown["claims"]["thread"]) == ("globalnet", thread)
    assert "canary" not in repr(shown)
    assert "sealed" not in listed
