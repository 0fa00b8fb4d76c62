"""What of a partner's standing a person should look at."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from interdesk.local.certificates import ensure_certificates
from services.federation.partners.health import (
    DELIVERY,
    EXPIRY_NOTICE,
    Problem,
    Standing,
    authority_expires_at,
    delivery,
    first,
    last,
    problems,
)
from services.federation.partners.trusts import Trust

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
DAY = timedelta(days=1)
PAUSED = {"code": "chain_broken", "at": NOW}
CLOCK = {"code": "clock_ahead", "seconds": 660, "at": NOW}
FAILING = {"code": "partner_silent", "text": "Nothing is said.", "since": NOW}


def trust(status: str = "active", *, reachable: bool = True) -> Trust:
    address, login = ("amqps://b.example/x", "sealed") if reachable else (None, None)
    return Trust("gigatera", "GigaTera", status, address, None, login)


def found(*standings: Standing, status: str = "active", expires_at: datetime | None = None) -> list[Problem]:
    return problems(
        trust(status), standings, now=NOW, expires_at=expires_at, flag_seconds=DAY.total_seconds()
    )


def codes(*standings: Standing, **options: object) -> list[str]:
    return [problem.code for problem in found(*standings, **options)]  # type: ignore[arg-type]


def test_all_is_well_with_a_partner_that_answers() -> None:
    fresh = Standing(
        "requests", heard_at=NOW, unanswered=3, unanswered_since=NOW - DAY / 2, refused=2, quarantined=1
    )
    assert codes(fresh, Standing("slas")) == []


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing("requests", paused=PAUSED), "border_paused"),
        (Standing("requests", failing=FAILING), "delivery_failing"),
        (Standing("requests", unanswered=1, unanswered_since=NOW - DAY), "unanswered"),
        (Standing("requests", parked=1), "messages_parked"),
        (Standing("requests", dropped=1, dropped_at=NOW), "quarantine_full"),
        (Standing("requests", clock=CLOCK), "clock_ahead"),
    ],
)
def test_each_problem_is_told_with_what_to_do(standing: Standing, code: str) -> None:
    (problem,) = found(Standing("slas"), standing)
    assert problem.code == code
    assert "GigaTera" in problem.text


def test_a_problem_names_the_service_and_the_command_that_mends_it() -> None:
    (problem,) = found(Standing("slas", paused=PAUSED))
    assert "slas" in problem.text
    assert "chain_broken" in problem.text
    assert "2026-01-05 09:00 UTC" in problem.text
    assert problem.text.endswith("interdesk trust resume-border gigatera")


def test_each_service_tells_its_own_and_the_backlog_is_told_once() -> None:
    late = {"unanswered": 2, "unanswered_since": NOW - 2 * DAY}
    both = [Standing(name, **late, parked=1) for name in ("requests", "slas")]  # type: ignore[arg-type]
    told = found(*both)
    assert [problem.code for problem in told] == ["messages_parked", "messages_parked", "unanswered"]
    assert told[-1].text.startswith("4 messages have no answer, the oldest since 2026-01-03")


def test_a_clock_is_told_of_once() -> None:
    both = [Standing(name, clock=CLOCK) for name in ("requests", "slas")]
    (problem,) = found(*both)
    assert "660 seconds ahead of our clock at 2026-01-05 09:00 UTC" in problem.text


def test_that_our_keys_are_refused_is_told_with_the_code() -> None:
    (problem,) = problems(
        trust(), [], now=NOW, expires_at=None, flag_seconds=DAY.total_seconds(), keys_refused="too_many_keys"
    )
    assert problem.code == "keys_refused"
    assert "GigaTera refuses the announcement of our keys (too_many_keys)" in problem.text


def test_after_the_end_only_what_is_left_to_a_person_is_a_problem() -> None:
    late = {"unanswered": 1, "unanswered_since": NOW - 9 * DAY}
    it = Standing("requests", paused=PAUSED, failing=FAILING, clock=CLOCK, **late)  # type: ignore[arg-type]
    assert codes(it, status="ended", expires_at=NOW) == []
    assert codes(Standing("requests", parked=1), status="ended") == ["messages_parked"]


def test_an_authority_is_told_of_before_it_expires() -> None:
    assert codes(expires_at=NOW + EXPIRY_NOTICE) == []
    assert codes(expires_at=NOW + EXPIRY_NOTICE - DAY) == ["authority_expires"]


def test_the_first_of_the_pinned_authorities_counts(tmp_path: Path) -> None:
    pems = []
    for name, made in (("one", NOW), ("two", NOW + DAY)):
        ensure_certificates(tmp_path / name, name, made)
        pems.append((tmp_path / name / "ca.pem").read_text())
    of_one, of_two = (authority_expires_at(pem) for pem in pems)
    assert of_one is not None
    assert of_two is not None
    assert of_one < of_two
    assert authority_expires_at(pems[1] + pems[0]) == of_one


@pytest.mark.parametrize("pem", [None, "", "PEM", "-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_without_an_authority_nothing_expires(pem: str | None) -> None:
    assert authority_expires_at(pem) is None


def test_we_can_deliver_when_nothing_stands_in_the_way() -> None:
    assert delivery(trust(), [Standing("requests"), Standing("slas", parked=5)]) == "open"
    assert delivery(trust("invited", reachable=False), [Standing("requests")]) == "not_accepted"


def test_the_worst_of_what_stands_in_the_way_is_told() -> None:
    ways = {"paused": Standing("a", paused=PAUSED), "failing": Standing("b", failing=FAILING)}
    for status, names in itertools.product(
        ("active", "suspended", "ended"), (["paused"], ["failing"], ["failing", "paused"])
    ):
        told = delivery(trust(status), [ways[name] for name in names])
        assert told == min([status if status != "active" else "open", *names], key=DELIVERY.index)


def test_unknown_times_are_passed_over() -> None:
    assert first([None, NOW, NOW - DAY]) == NOW - DAY
    assert last([None, NOW, NOW - DAY]) == NOW
    assert first([None]) is None
    assert last([]) is None
