"""What comes of a message, for everything that a correspondent may do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from pymongo.errors import AutoReconnect

from services.common.config import Config
from services.common.context import Context
from services.common.errors import Invalid, NotFound, Stale, Unavailable
from services.common.verdicts import Later, Park
from services.federation import thread_errors
from services.federation.incoming.handling import Ahead, Final, Outcome, Parks, Waits, checked, handle
from services.federation.messages import TYPES
from services.federation.sealing.envelope import Message
from services.federation.threads import Position, opened_by
from services.federation.verdicts import Verdict, done, refused
from tests.wire import golden


class _Here:
    """As much of a context as handling looks at."""

    account = "gigatera"
    service = "requests"
    config = Config(account="gigatera", domain="gigatera.example", amqp_uri="", mongo_uri="")


CONTEXT = cast(Context, _Here())


class Answering:
    """A correspondent that does one thing."""

    def __init__(self, does: Callable[[], Verdict]) -> None:
        self._does = does

    def receive(self, context: Context, message: Message) -> Verdict:
        return self._does()

    def refused(self, context: Context, partner: str, row: Mapping[str, Any], code: str) -> None: ...
    def discard(self, context: Context, message: Message) -> None: ...
    def unanswered(self, context: Context, row: Mapping[str, Any]) -> None: ...
    def resume(self, context: Context, partner: str, thread: str) -> None: ...

    def earlier(self, context: Context, incarnation: int) -> Iterable[tuple[str, str]]:
        return ()


def message(type: str = "request.recalled.v1", **changes: Any) -> Message:
    body = golden.read(type)["message"]["body"] if type in TYPES else {}
    fields: dict[str, Any] = {
        "id": "019b0000-0000-7000-8000-000000000001",
        "type": type,
        "sender": "widget",
        "recipient": "gigatera",
        "thread": "handover/widget/019b0000-0000-7000-8000-0000000000aa",
        "incarnation": 1,
        "sequence": 2,
        "prev": "5f" * 32,
        "sent_at": datetime(2026, 1, 5, 9, tzinfo=UTC),
        "traceparent": None,
        "body": body,
    }
    return Message(**{**fields, **changes})


def raising(error: Exception) -> Callable[[], Verdict]:
    def does() -> Verdict:
        raise error

    return does


def outcome(does: Callable[[], Verdict], attempts: int = 0) -> Outcome:
    return handle(CONTEXT, Answering(does), message(), attempts)


@pytest.mark.parametrize("verdict", [done(), done("superseded"), refused("loop")])
def test_a_verdict_is_final(verdict: Verdict) -> None:
    assert outcome(lambda: verdict) == Final(verdict)


ALREADY = refused("discarded")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Later(5, "not_open"), Waits(5, "not_open")),
        (Park("odd", "look"), Parks("odd", "look")),
        (thread_errors.AlreadyApplied(ALREADY), Final(ALREADY)),
        (thread_errors.Gap(Position(1, 3, "a"), 5), Ahead(Position(1, 3, "a"))),
        (thread_errors.ChainBroken("x"), Final(refused("chain_broken"), breaks=True)),
        (thread_errors.SequenceConflict("x"), Final(refused("sequence_conflict"), breaks=True)),
        (thread_errors.OldIncarnation("x"), Final(refused("old_incarnation"))),
        (thread_errors.UnknownThread("x"), Final(refused("unknown_thread"))),
        (thread_errors.NotInThread("x"), Parks("not_in_thread", "x")),
        (Stale(), Waits(1.0, "stale")),
        (Invalid("bad_status", "No."), Parks("bad_status", "bad_status: No.")),
        (NotFound(), Parks("not_found", "not_found: Not Found")),
        (KeyError("oops"), Parks("internal_error", "KeyError: 'oops'")),
    ],
)
def test_what_a_correspondent_raises_says_what_comes_of_the_message(
    error: Exception, expected: Outcome
) -> None:
    assert outcome(raising(error)) == expected


def test_what_must_wait_is_looked_at_ever_more_seldom() -> None:
    waits = [outcome(raising(Later(5, "not_open")), attempts) for attempts in (0, 1, 2, 10, 5000)]
    assert waits == [Waits(seconds, "not_open") for seconds in (5, 10, 20, 120, 120)]
    assert outcome(raising(Later(900, "long")), 7) == Waits(900, "long")


@pytest.mark.parametrize("error", [Unavailable("service_silent"), AutoReconnect("gone")])
def test_an_outage_parks_nothing_and_waits_longer_each_time(error: Exception) -> None:
    waits = [cast(Waits, outcome(raising(error), attempts)).seconds for attempts in (0, 4, 50)]
    assert 0.5 <= waits[0] <= 1
    assert 8 <= waits[1] <= 16
    assert 150 <= waits[2] <= 300


def code_of(wrong: Message, service: str = "requests") -> str:
    with pytest.raises(Park) as parked:
        checked(service, wrong)
    return parked.value.code


def test_what_does_not_belong_here_is_parked_before_anybody_decides() -> None:
    assert code_of(message("request.shouted.v1", body={})) == "unknown_type"
    assert code_of(message(body={"episode": "one"})) == "invalid_body"
    assert code_of(message(), service="slas") == "wrong_lane"
    agreement = "agreement/widget/019b0000-0000-7000-8000-0000000000aa"
    assert code_of(message(thread=agreement), service="slas") == "wrong_kind"
    assert code_of(message("request.taken.v1")) == "wrong_side"
    assert code_of(message(sequence=1, prev=None)) == "not_an_opening"
    called: list[Message] = []
    parked = handle(CONTEXT, Answering(lambda: called.append(message()) or done()), message(body={}), 0)  # type: ignore[func-returns-value]
    assert isinstance(parked, Parks)
    assert called == []


def test_the_other_side_begins_with_what_it_likes() -> None:
    thread = "handover/gigatera/019b0000-0000-7000-8000-0000000000aa"
    first = message("request.taken.v1", thread=thread, sequence=1, prev=None)
    assert checked("requests", first) == first


def test_the_body_that_is_handed_on_holds_only_what_its_type_names() -> None:
    body = {**message().body, "later_field": 5}
    assert checked("requests", message(body=body)).body == message().body


@pytest.mark.parametrize("body", [{}, {"sent": 5}, {"applied": None, "sent": {"incarnation": "1"}}])
def test_a_malformed_resumed_can_be_gone_past(body: dict[str, Any]) -> None:
    """It is parked for its body; then a person discards it."""
    resumed = message("thread.resumed.v1", incarnation=7, sequence=1, prev=None, body=body)
    assert code_of(resumed) == "invalid_body"
    thread = opened_by(resumed).advance(resumed, refused("discarded"))
    assert thread.applied.place == (7, 1)
